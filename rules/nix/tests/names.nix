let
  names = import ../names.nix;
  repeated = text: count: builtins.concatStringsSep "" (builtins.genList (_: text) count);
  # The same table is read by the test of resolver/vendor/nix_store.py.
  table = builtins.fromJSON (builtins.readFile ./store_names.json);
in
{
  "a project's name is normalised" = {
    expr = map names.normalized [
      "Typing_Extensions"
      "zope.interface"
      "A--b__C"
    ];
    expected = [
      "typing-extensions"
      "zope-interface"
      "a-b-c"
    ];
  };
  "a requirement asks for a project" = {
    expr = map names.projectOf [
      "Requests[socks]>=2.31"
      " zope.interface "
      "keel @ https://index.example/keel.zip"
    ];
    expected = [
      "requests"
      "zope-interface"
      "keel"
    ];
  };
  "names in the store" = {
    expr = builtins.mapAttrs (name: _: names.storeName name) table;
    expected = table;
  };
  "long names keep their end" = {
    expr = builtins.stringLength (names.storeName (repeated "x" 300 + ".tar.gz"));
    expected = 207;
  };
  "paths below a base" = {
    expr = [
      (names.joined "https://index.example/files/" "a/b")
      (names.joined "https://index.example/files" "a/b")
      (names.joined "" "a/b")
    ];
    expected = [
      "https://index.example/files/a/b"
      "https://index.example/files/a/b"
      "a/b"
    ];
  };
  "paths in URLs" = {
    expr = map names.unquoted [
      "a%20b%2Fc%25"
      "x~y+z"
      "%C3%A9"
    ];
    expected = [
      "a b/c%"
      "x~y+z"
      null
    ];
  };
}
