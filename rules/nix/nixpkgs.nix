# An overlay of nixpkgs: `pkgs.wheelhouse { lock = ./lock.json; }` is the function of ./default.nix, to which Pythons,
# compilers and utilities of nixpkgs are given where nothing else is said.
final: prev:
let
  inherit (builtins) concatMap tryEval;

  # What nixpkgs no longer has is an error when it is looked at.
  present =
    name: if (tryEval (final ? ${name} && final.${name} ? pythonVersion)).value then [ final.${name} ] else [ ];

  pythons = concatMap present [
    "python3"
    "python314"
    "python313"
    "python312"
    "python311"
    "python310"
    "python39"
    "python38"
    "python37"
    "python315"
    "python314FreeThreading"
    "python313FreeThreading"
    "pypy310"
    "pypy311"
  ];
in
{
  wheelhouse =
    arguments:
    import ./default.nix (
      {
        inherit pythons;
        compiler = final.stdenv.cc;
        utilities = map (package: "${package}/bin") [
          final.coreutils
          final.diffutils
          final.findutils
          final.gawk
          final.gnugrep
          final.gnumake
          final.gnused
          final.stdenv.shellPackage
          final.stdenv.cc.bintools
        ];
      }
      // arguments
    );
}
