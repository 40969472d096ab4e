# C and C++ tool chains, in the words of the variables that build backends read.
#
# One is a compiler of nixpkgs (stdenv.cc), or { cc, cxx, ar, cflags, cxxflags, ldflags, variables }, of which the first
# has to be said.
let
  ofPackage = package: {
    cc = "${package}/bin/cc";
    cxx = "${package}/bin/c++";
    ar = "${package.bintools or package}/bin/ar";
  };
  filled =
    given:
    {
      cxx = given.cc;
      ar = "ar";
      cflags = [ ];
      cxxflags = given.cflags or [ ];
      ldflags = [ ];
      variables = { };
    }
    // given;
in
{
  described =
    given:
    if given == null then
      null
    else if given.type or "" == "derivation" then
      filled (ofPackage given)
    else if builtins.isAttrs given && given ? cc then
      filled given
    else
      throw (
        "wheelhouse: a compiler is a package of nixpkgs (pkgs.stdenv.cc), "
        + "or { cc = \"/usr/bin/gcc\"; cxx = \"/usr/bin/g++\"; }"
      );

  # What of the programs that a lock calls `system` it brings.
  brings = [
    "c++"
    "cc"
    "g++"
    "gcc"
  ];
}
