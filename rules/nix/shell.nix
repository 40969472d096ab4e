# What `nix-shell` enters: a shell in which an environment is active. Built by itself, it is a link to the environment.
{
  env,
  name,
  python,
}:
derivation {
  name = "${name}-shell";
  inherit (python) system;
  builder = python.executable;
  args = [
    "-c"
    "import os; os.symlink(os.environ['environment'], os.environ['out'])"
  ];
  environment = env;
  # nix-shell reads $stdenv/setup, which is all of a stdenv that it needs.
  stdenv = builtins.path {
    name = "wheelhouse-shell";
    path = ./shell;
  };
}
