# The rules for Nix as a flake with no inputs. docs/nix.md is the guide.
{
  description = "Python packages from one cross-platform lock, for Nix: fetched, vendored as an index, installed";

  outputs = { self }: {
    # lib.fromLock { lock = ./lock.json; ... }
    lib.fromLock = import ./rules/nix;

    # pkgs.wheelhouse { lock = ./lock.json; }, with Pythons, compilers and utilities of nixpkgs
    overlays.default = import ./rules/nix/nixpkgs.nix;

    templates.default = {
      path = ./examples/nix;
      description = "A lock's environment, its index and a test of them";
    };
  };
}
