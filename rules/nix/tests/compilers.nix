let
  inherit (import ../compilers.nix) described;
in
{
  "none" = {
    expr = described null;
    expected = null;
  };
  "of the machine" = {
    expr = described {
      cc = "/usr/bin/gcc";
      cflags = [ "-O1" ];
    };
    expected = {
      cc = "/usr/bin/gcc";
      cxx = "/usr/bin/gcc";
      ar = "ar";
      cflags = [ "-O1" ];
      cxxflags = [ "-O1" ];
      ldflags = [ ];
      variables = { };
    };
  };
  "of nixpkgs" = {
    expr =
      builtins.intersectAttrs
        {
          cc = null;
          cxx = null;
          ar = null;
        }
        (described {
          type = "derivation";
          outPath = "/store/gcc-wrapper";
          bintools = "/store/binutils-wrapper";
        });
    expected = {
      cc = "/store/gcc-wrapper/bin/cc";
      cxx = "/store/gcc-wrapper/bin/c++";
      ar = "/store/binutils-wrapper/bin/ar";
    };
  };
  "what is none" = {
    expr = (builtins.tryEval (described "/usr/bin/gcc")).success;
    expected = false;
  };
}
