{
  # Where the rules are: a checkout by its absolute path, or the address of a repository.
  inputs.rules_wheelhouse.url = "path:../..";

  outputs =
    { self, rules_wheelhouse }:
    let
      shop = import ./default.nix { wheelhouse = rules_wheelhouse.lib.fromLock; };
    in
    {
      # nix build; nix run . -- --version; nix shell
      packages.x86_64-linux.default = shop.env;
      # nix run .#python
      apps.x86_64-linux.python = shop.env.app "python";
      # nix flake check
      checks.x86_64-linux = {
        app = shop.test;
        imports = shop.env.checks.imports { };
      };
    };
}
