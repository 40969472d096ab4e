# Names: of projects (PEP 503), of paths in the store, of places below a base URL.
let
  inherit (builtins)
    concatStringsSep
    elem
    filter
    genList
    head
    isString
    match
    replaceStrings
    split
    stringLength
    substring
    ;

  characters = text: genList (position: substring position 1 text) (stringLength text);
  lower = replaceStrings (characters "ABCDEFGHIJKLMNOPQRSTUVWXYZ") (characters "abcdefghijklmnopqrstuvwxyz");

  printable = " !\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstuvwxyz{|}~";
  character =
    hex:
    let
      code = (builtins.fromTOML "code = 0x${hex}").code;
    in
    if code < 32 || code > 126 then null else substring (code - 32) 1 printable;

  # "NAME.drv" has to fit into the 211 characters that a name in the store may have.
  longest = 207;
in
rec {
  # "Typing_Extensions" -> "typing-extensions"
  normalized = name: concatStringsSep "-" (filter (word: isString word && word != "") (split "[-_.]+" (lower name)));

  # The project that a requirement (PEP 508) asks for: "Requests[socks]>=2.31" -> "requests"
  projectOf = requirement: normalized (head (match "[[:space:]]*([A-Za-z0-9._-]+).*" requirement));

  # A file name as the store allows it: "x-1!2.0.zip" -> "x-1-2.0.zip". `wheelhouse vendor --view nix` makes the same.
  storeName =
    name:
    let
      parts = split "[^0-9a-zA-Z+._?=-]+" name;
      safe = concatStringsSep "" (map (part: if isString part then part else "-") parts);
      length = stringLength safe;
    in
    if length <= longest then safe else "_" + substring (length - longest + 1) (longest - 1) safe;

  # A base URL with or without a slash at its end, and a path below it.
  joined = base: path: (if base == "" || match ".*/" base != null then base else base + "/") + path;

  # A path as it stands in a URL -> as a disk has it: "a%20b" -> "a b"; null where it holds more than ASCII.
  unquoted =
    text:
    let
      decoded = part: if isString part then part else character (head part);
      parts = map decoded (split "%([0-9A-Fa-f][0-9A-Fa-f])" text);
    in
    if elem null parts then null else concatStringsSep "" parts;

  # ["a" "b"] -> "a, b"; [] -> "none"
  listed = names: if names == [ ] then "none" else concatStringsSep ", " names;
}
