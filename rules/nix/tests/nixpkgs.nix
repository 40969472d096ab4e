# As much of nixpkgs as overlays meet: package sets of two Pythons, made by fixed points as nixpkgs makes them.
{ overlays }:
let
  fix =
    function:
    let
      value = function value;
    in
    value;
  extended =
    function: overlay: final:
    let
      previous = function final;
    in
    previous // overlay final previous;

  package = name: {
    type = "derivation";
    inherit name;
    outPath = "/store/${name}";
    __toString = self: self.outPath;
  };

  python =
    final: version:
    let
      own = package "python3-${version}" // {
        inherit version;
        pythonVersion = version;
        implementation = "cpython";
        executable = "python${version}";
        interpreter = "/store/python3-${version}/bin/python${version}";
        inherit (final) stdenv;
        pkgs = fix (
          builtins.foldl' extended (pyfinal: {
            python = own;
            buildPythonPackage = arguments: arguments;
            harbor = "nixpkgs' own";
            numpy = "nixpkgs' own";
          }) final.pythonPackagesExtensions
        );
      };
    in
    own;

  packages = final: {
    stdenv = {
      hostPlatform = {
        system = "x86_64-linux";
        libc = "glibc";
      };
      cc = package "gcc-wrapper" // {
        bintools = package "binutils-wrapper";
        libc.version = "2.40";
      };
      shellPackage = package "bash";
    };
    autoPatchelfHook = "autoPatchelfHook";
    pythonManylinuxPackages.manylinux2014 = [ "zlib" ];
    pythonPackagesExtensions = [ ];
    python310 = throw "python310 is gone";
    python311 = python final "3.11";
    python312 = python final "3.12";
    python314 = python final "3.14";
    coreutils = package "coreutils";
    diffutils = package "diffutils";
    findutils = package "findutils";
    gawk = package "gawk";
    gnugrep = package "gnugrep";
    gnumake = package "gnumake";
    gnused = package "gnused";
  };
in
fix (builtins.foldl' extended packages overlays)
