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
    filter
    head
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

  noLock =
    lock:
    let
      missing = filter (section: !(lock ? ${section})) sections;
    in
    if !(lock ? lock_version) then
      "is not a lock: it has no lock_version; `wheelhouse resolve` makes one"
    else if lock.lock_version != known then
      "has lock_version ${toString lock.lock_version}, and these rules read ${toString known}: "
      + "use the rules_wheelhouse that fits, or ${anew}"
    else if missing != [ ] then
      "is not a whole lock: it has no ${head missing}; restore it, or ${anew}"
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

  # The content of a file.
  read =
    path:
    let
      found = parsed (builtins.readFile path);
      fault = if builtins.pathExists path then found.fault else "is not there; `wheelhouse resolve` makes it";
    in
    if fault == null then found.content else throw "wheelhouse: ${toString path} ${fault}";
}
