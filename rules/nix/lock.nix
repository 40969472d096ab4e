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
  # Why a text is no lock, or null.
  fault =
    text:
    let
      document = noDocument text;
    in
    if document != null then document else noLock (builtins.fromJSON text);

  # The content of a file.
  read =
    path:
    let
      wrong = if builtins.pathExists path then fault (builtins.readFile path) else missing;
      missing = "is not there; `wheelhouse resolve` makes it";
    in
    if wrong == null then
      builtins.fromJSON (builtins.readFile path)
    else
      throw "wheelhouse: ${toString path} ${wrong}";
}
