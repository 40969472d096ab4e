# The vendored tree: what `wheelhouse vendor` makes, to the byte, made by the resolver itself from files that are fetched.
{
  lock,
  lockFile,
  closures,
  environments,
  fetched,
  # dist/wheelhouse.pyz
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
  files = builtins.concatMap (one: closures.complete one (closures.filesOf one)) wanted;
in
tools.run {
  inherit name python;
  program = "index";
  parameters = {
    wheelhouse = "${tool}";
    lock = "${builtins.path { path = lockFile; name = "lock.json"; }}";
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
