let
  lock = builtins.fromJSON (builtins.readFile ./lock.json);
  fetched =
    mirrors:
    import ../artifacts.nix {
      inherit lock mirrors;
      lockFile = ./lock.json;
      directory = null;
    };
  keel = "keel-1.4.tar.gz";
  urls = mirrors: map (file: (fetched mirrors).${file}.url) [
    keel
    "sail-0.9-py3-none-any.whl"
  ];
  fails = value: !(builtins.tryEval (builtins.deepSeq value null)).success;
in
{
  "every artifact is there" = {
    expr = builtins.attrNames (fetched { });
    expected = builtins.attrNames lock.artifacts;
  };
  "files lie below their index, or at their own URL" = {
    expr = urls { };
    expected = [
      "https://files.index.example/packages/keel-1.4.tar.gz"
      "https://files.example/direct/sail-0.9-py3-none-any.whl"
    ];
  };
  "a mirror stands in for the base of an index" = {
    expr = urls { corp = [ "https://mirror.example/x" ]; };
    expected = [
      "https://mirror.example/x/packages/keel-1.4.tar.gz"
      "https://files.example/direct/sail-0.9-py3-none-any.whl"
    ];
  };
  "a mirror does not change what is fetched" = {
    expr = (fetched { corp = "https://mirror.example"; }).${keel}.outPath == (fetched { }).${keel}.outPath;
    expected = true;
  };
  "the digest is that of the lock" = {
    expr = (fetched { }).${keel}.outputHash;
    expected = lock.artifacts.${keel}.sha256;
  };
  "a mirror of an unknown index, or several of one, are errors" = {
    expr = map fails [
      (urls { corpse = "https://mirror.example/"; })
      (urls {
        corp = [
          "https://a.example/"
          "https://b.example/"
        ];
      })
    ];
    expected = [
      true
      true
    ];
  };
}
