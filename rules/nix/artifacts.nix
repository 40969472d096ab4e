# Artifacts -> fixed-output derivations of Nix's own fetcher: no nixpkgs, no Python. Their names and digests alone
# decide their paths, so that mirrors, directories and `nix-store --add-fixed` all lead to the same ones.
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
    head
    isList
    length
    mapAttrs
    match
    pathExists
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
      throw (
        "wheelhouse: mirrors.${index} has ${toString (length bases)} URLs, and Nix's fetcher asks one; "
        + "mirrors of files by digest are Nix's own option hashed-mirrors"
      )
    else
      head bases;

  # A vendored tree keeps its artifacts in `files`; any other directory holds them itself.
  folder = toString directory;
  held = if pathExists "${folder}/files" then "${folder}/files" else folder;

  # Where a file lies on this machine; null where it has to be fetched. One of an index that is a directory lies
  # beside the lock.
  localPath =
    filename: url:
    let
      absolute = match "file://(/.*)" url;
      path = names.unquoted (if absolute != null then head absolute else "${toString (dirOf lockFile)}/${url}");
    in
    if directory != null then
      if pathExists "${held}/${filename}" then
        "${held}/${filename}"
      else
        throw (
          "wheelhouse: ${filename} is not in ${held}, which stands in for the network; "
          + "`wheelhouse vendor` completes it"
        )
    else if absolute == null && match "[a-z]+://.*" url != null then
      null
    else if path == null || !(pathExists path) then
      throw "wheelhouse: ${filename} is not at ${url}, where the lock has it; `directory` says where its files are now"
    else
      path;

  fetch =
    filename: artifact:
    let
      url = artifact.url or (names.joined (baseOf artifact.index) artifact.path);
      local = localPath filename url;
      name = names.storeName filename;
      fetched = derivation {
        inherit name;
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
      # The very path that fetching makes. Nix's fetcher sees no file of this machine where builds are in a sandbox.
      added = builtins.path {
        inherit name;
        path = local;
        recursive = false;
        inherit (artifact) sha256;
      };
    in
    if local == null then fetched else builtins.seq added fetched;
in
if unknown != [ ] then
  throw (
    "wheelhouse: mirrors: the lock has no index \"${head unknown}\"; "
    + "it has ${names.listed (attrNames lock.indexes)}"
  )
else
  mapAttrs fetch lock.artifacts
