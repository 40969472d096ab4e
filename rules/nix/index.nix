# The vendored tree: what `wheelhouse vendor` makes, to the byte, made by the resolver itself from fetched files. Its
# bytes do not depend on the Python that runs the resolver, which is why nothing is said of that here.
{
  lock,
  lockFile,
  closures,
  environments,
  fetched,
  # The resolver as one file.
  tool,
}:
{
  # Names of environments; null is all.
  names,
  python,
  name,
}:
let
  tools = import ./tools.nix;
  wanted = map (one: (environments.named one).name) (if names == null then environments.all else names);
  filesOf =
    one:
    let
      files = closures.filesOf one;
    in
    closures.complete one files files;
  files = builtins.concatMap filesOf wanted;

  resolver =
    if tool.type or "" == "derivation" then
      tool
    else if builtins.pathExists tool then
      builtins.path {
        name = "wheelhouse.pyz";
        path = tool;
      }
    else
      throw (
        "wheelhouse: ${toString tool} is not there: `make tool` builds the resolver as one file in a checkout of the "
        + "rules; say tool = ./wheelhouse.pyz for one that lies elsewhere"
      );
in
tools.run {
  inherit name python;
  program = "index";
  parameters = {
    wheelhouse = "${resolver}";
    lock = builtins.path {
      name = "lock.json";
      path = lockFile;
    };
    files = builtins.listToAttrs (
      map (file: {
        name = file;
        value = "${fetched.${file}}";
      }) files
    );
    environments = if names == null then [ ] else wanted;
    tree = tools.out;
  };
}
