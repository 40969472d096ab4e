# lock.json -> its content, checked as far as the rest relies on it. What it says is evaluated as it is, with no builds.
let
  known = 1;
  anew = "`wheelhouse resolve --update` makes it anew";
  sections = [
    "inputs"
    "indexes"
    "environments"
    "roots"
    "artifacts"
    "resolutions"
    "builds"
    "closures"
  ];
  inherit (builtins)
    attrNames
    concatMap
    filter
    head
    isAttrs
    replaceStrings
    stringLength
    substring
    ;

  trimmed = text: replaceStrings [ " " "\n" "\r" ] [ "" "" "" ] text;

  # Nix cannot recover from JSON that is none, and does not say which file it is of, so what happens to files is asked
  # of the text: merges, and ends that are lost.
  noDocument =
    text:
    let
      start = trimmed (substring 0 64 text);
      end = trimmed (substring (if stringLength text < 64 then 0 else stringLength text - 64) 64 text);
    in
    if replaceStrings [ "\n<<<<<<< " ] [ "" ] ("\n" + text) != "\n" + text then
      "holds an unresolved merge: take one side's lock whole, merge the spec, and run `wheelhouse resolve`"
    else if substring 0 1 start != "{" || substring (stringLength end - 1) 1 end != "}" then
      "is not a lock: it is no JSON object, or only a part of one; restore it, or ${anew}"
    else
      null;

  # What one part names and another has not: git merges lines of which each side has removed some.
  looseEnds =
    lock:
    let
      ofEnvironment =
        name:
        map (key: "the environment ${name} has no ${key}") (
          filter (key: !(lock.environments.${name} ? ${key})) [
            "markers"
            "tags"
          ]
        );

      ofArtifact =
        file:
        let
          artifact = lock.artifacts.${file};
          index = artifact.index or "";
        in
        if artifact ? url || lock.indexes ? ${index} then
          [ ]
        else
          [ "there is no index ${index}, which the artifact ${file} names" ];

      ofResolution =
        name:
        if !(lock.environments ? ${name}) then
          [ "there is no environment ${name}, which `resolutions` name" ]
        else
          ofPins name "the resolution of ${name}" lock.resolutions.${name};

      ofBuild =
        file:
        let
          found = lock.builds.${file}.environments;
          ofClosure =
            name:
            let
              closure = found.${name}.closure or null;
            in
            if closure == null then
              [ ]
            else if !(lock.closures ? ${closure}) then
              [ "there is no closure ${closure}, which builds ${file}" ]
            else
              ofPins name "closure ${closure}" lock.closures.${closure};
        in
        if !(lock.artifacts ? ${file}) then
          [ "there is no artifact ${file}, which `builds` name" ]
        else
          concatMap ofClosure (attrNames found);

      ofPins =
        environment: where: pins:
        concatMap (
          project:
          let
            pin = pins.${project};
            artifact = lock.artifacts.${pin.artifact} or null;
            builds = lock.builds.${pin.artifact}.environments or { };
          in
          if artifact == null then
            [ "there is no artifact ${pin.artifact}, which ${where} names" ]
          else if artifact.project != project || artifact.version != pin.version then
            [ "${where} pins ${pin.artifact} of ${project} ${pin.version}" ]
          else if artifact.kind == "sdist" && !(builds ? ${environment}) then
            [ "`builds` do not say how ${pin.artifact} is built for ${environment}" ]
          else
            map (dependency: "${where} has no ${dependency}, on which ${project} depends") (
              filter (dependency: !(pins ? ${dependency})) pin.dependencies
            )
        ) (attrNames pins);
    in
    concatMap ofEnvironment (attrNames lock.environments)
    ++ concatMap ofArtifact (attrNames lock.artifacts)
    ++ concatMap ofResolution (attrNames lock.resolutions)
    ++ concatMap ofBuild (attrNames lock.builds);

  noLock =
    lock:
    let
      missing = filter (section: !(lock ? ${section})) sections;
      shapeless = filter (section: !(isAttrs lock.${section})) sections;
      loose =
        if shapeless == [ ] then looseEnds lock else map (section: "${section} is no object") shapeless;
    in
    if !(lock ? lock_version) then
      "is not a lock: it has no lock_version; `wheelhouse resolve` makes one"
    else if lock.lock_version != known then
      "has lock_version ${toString lock.lock_version}, and these rules read ${toString known}: "
      + "use the rules_wheelhouse that fits, or ${anew}"
    else if missing != [ ] then
      "is not a whole lock: it has no ${head missing}; restore it, or ${anew}"
    else if loose != [ ] then
      "is edited, or badly merged: ${head loose}; restore it, or ${anew}"
    else
      null;
in
rec {
  # A text -> its content, and why it is no lock; null where it is one.
  parsed =
    text:
    let
      document = noDocument text;
      content = builtins.fromJSON text;
    in
    {
      inherit content;
      fault = if document != null then document else noLock content;
    };

  # Why a lock was not made from a spec as it is; empty where it was. Its files are named from the folder of the spec.
  changes =
    lock: spec:
    let
      inherit (lock.inputs) files;
      name = baseNameOf (toString spec);
      madeFrom = if lock.inputs ? spec then [ lock.inputs.spec ] else attrNames files;
      ofFile =
        file:
        let
          path = dirOf spec + "/${file}";
        in
        if !(builtins.pathExists path) then
          [ "${file} has vanished" ]
        else if builtins.hashFile "sha256" path != files.${file} then
          [ "${file} has changed" ]
        else
          [ ];
    in
    (
      if builtins.elem name madeFrom then
        [ ]
      else
        [ "${name} is not what it was made from (${builtins.concatStringsSep ", " madeFrom})" ]
    )
    ++ concatMap ofFile (attrNames files);

  # The content of a file that was made from this spec; from whatever it is, where that is null.
  readFor =
    spec: path:
    let
      content = read path;
      found = if spec == null then [ ] else changes content spec;
    in
    if found == [ ] then
      content
    else
      throw (
        "wheelhouse: ${toString path} is stale: ${builtins.concatStringsSep "; " found}; run "
        + "`wheelhouse resolve --spec ${baseNameOf (toString spec)} --lock ${baseNameOf (toString path)}`"
      );

  # The content of a file.
  read =
    path:
    let
      found = parsed (builtins.readFile path);
      fault = if builtins.pathExists path then found.fault else "is not there; `wheelhouse resolve` makes it";
    in
    if fault == null then found.content else throw "wheelhouse: ${toString path} ${fault}";
}
