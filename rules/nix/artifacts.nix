# Artifacts -> fixed-output derivations of Nix's own fetcher: no nixpkgs, no Python. Names, digests and nothing else decide
# their paths, so that mirrors, directories and `nix-store --add-fixed` all lead to the same ones.
{
  lock,
  # Beside which an index may be a directory.
  lockFile,
  mirrors,
  directory,
}:
let
  names = import ./names.nix;
  inherit (builtins)
    attrNames
    filter
    isList
    length
    mapAttrs
    match
    ;

  unknown = filter (index: !(lock.indexes ? ${index})) (attrNames mirrors);

  baseOf =
    index:
    let
      given = mirrors.${index};
      bases = if isList given then given else [ given ];
    in
    if !(mirrors ? ${index}) then
      lock.indexes.${index}.files
    else if length bases != 1 then
      throw "wheelhouse: mirrors.${index} has ${toString (length bases)} URLs, and Nix's fetcher asks one; mirrors of files by digest are Nix's own option hashed-mirrors"
    else
      builtins.head bases;

  # A vendored tree keeps its artifacts in `files`; any other directory holds them itself.
  held = if builtins.pathExists "${toString directory}/files" then "${toString directory}/files" else toString directory;

  # A file lies where its row says; one of an index that is a directory lies beside the lock.
  located = url: if match "[a-z]+://.*" url != null then url else names.fileUrl (builtins.dirOf lockFile) + "/" + url;

  urlOf =
    filename: artifact:
    if directory != null then
      if builtins.pathExists "${held}/${filename}" then
        names.fileUrl "${held}/${filename}"
      else
        throw "wheelhouse: ${filename} is not in ${held}, which stands in for the network; `wheelhouse vendor` completes it"
    else
      located (artifact.url or (names.joined (baseOf artifact.index) artifact.path));

  fetch =
    filename: artifact:
    let
      url = urlOf filename artifact;
    in
    derivation {
      name = names.storeName filename;
      system = "builtin";
      builder = "builtin:fetchurl";
      outputHashMode = "flat";
      outputHashAlgo = "sha256";
      outputHash = artifact.sha256;
      inherit url;
      urls = [ url ];
      executable = false;
      unpack = false;
      preferLocalBuild = true;
      impureEnvVars = [
        "http_proxy"
        "https_proxy"
        "ftp_proxy"
        "all_proxy"
        "no_proxy"
      ];
    };
in
if unknown != [ ] then
  throw "wheelhouse: mirrors: the lock has no index \"${builtins.head unknown}\"; it has ${names.listed (attrNames lock.indexes)}"
else
  mapAttrs fetch lock.artifacts
