# Tests of an environment, as derivations that fail.
{
  env,
  environment,
  name,
}:
let
  tools = import ./tools.nix;
in
{
  # Every top-level module is imported, by the environment's Python; `skip`: those that cannot be by design.
  imports =
    {
      skip ? [ ],
    }:
    tools.run {
      name = "${name}-imports";
      program = "imports";
      python = {
        inherit (env) system;
        executable = "${env}/bin/python";
      };
      parameters = {
        inherit skip;
        environment = environment.name;
        report = tools.out;
      };
    };
}
