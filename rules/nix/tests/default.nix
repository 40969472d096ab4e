# Unit tests of what is pure: name -> { expr; expected; }. A runner evaluates them all and compares:
#   nix-instantiate --eval --strict --json rules/nix/tests
let
  prefixed =
    prefix: tests:
    builtins.listToAttrs (
      map (name: {
        name = "${prefix}: ${name}";
        value = tests.${name};
      }) (builtins.attrNames tests)
    );
in
prefixed "names" (import ./names.nix)
// prefixed "lock" (import ./lock.nix)
// prefixed "environments" (import ./environments.nix)
// prefixed "closures" (import ./closures.nix)
// prefixed "artifacts" (import ./artifacts.nix)
// prefixed "pythons" (import ./pythons.nix)
// prefixed "compilers" (import ./compilers.nix)
// prefixed "overlay" (import ./overlay.nix)
