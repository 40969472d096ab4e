let
  lock = builtins.fromJSON (builtins.readFile ./lock.json);
  closures = import ../closures.nix { inherit lock; };
  cyclic = import ../closures.nix {
    lock.roots.x.dev = [ "a" ];
    lock.resolutions.x = {
      a.dependencies = [ "b" ];
      b.dependencies = [
        "a"
        "c"
      ];
      c.dependencies = [ ];
      d.dependencies = [ "a" ];
    };
  };
  broken =
    gap:
    import ../closures.nix {
      lock = {
        artifacts."a-1.zip".kind = "sdist";
        resolutions.x.a.artifact = "a-1.zip";
        builds."a-1.zip".environments.x = gap;
        closures.c1 = { };
      };
    };
in
{
  "projects of an environment" = {
    expr = closures.projects "windows-py313" null;
    expected = [
      "harbor"
      "keel"
      "sail"
    ];
  };
  "projects of groups, with what they lead to" = {
    expr = map (closures.projects "linux-py311") [
      [ "" ]
      [ "dev" ]
      [ ]
    ];
    expected = [
      [
        "harbor"
        "keel"
        "sail"
      ]
      [
        "harbor"
        "keel"
        "mast-tools"
        "sail"
      ]
      [ ]
    ];
  };
  "cycles end" = {
    expr = cyclic.projects "x" [ "dev" ];
    expected = [
      "a"
      "b"
      "c"
    ];
  };
  "who depends on each other" = {
    expr = map (cyclic.cycle "x") [
      "a"
      "b"
      "c"
      "d"
    ];
    expected = [
      [
        "a"
        "b"
      ]
      [
        "a"
        "b"
      ]
      [ "c" ]
      [ "d" ]
    ];
  };
  "files, down to what builds the builders" = {
    expr = builtins.sort builtins.lessThan (closures.filesOf "linux-py311");
    expected = [
      "anvil-1.0-py3-none-any.whl"
      "forge-3.2.tar.gz"
      "harbor-2.1.0-py3-none-any.whl"
      "keel-1.4.tar.gz"
      "mast_tools-5.0-cp311-cp311-manylinux_2_28_x86_64.whl"
      "sail-0.9-py3-none-any.whl"
    ];
  };
  "what builds an sdist" = {
    expr = map (pin: pin.artifact) (closures.buildPins "linux-py311" "keel-1.4.tar.gz");
    expected = [
      "anvil-1.0-py3-none-any.whl"
      "forge-3.2.tar.gz"
    ];
  };
  "a whole lock has no gaps" = {
    expr = closures.gaps "linux-py311" (closures.filesOf "linux-py311");
    expected = [ ];
  };
  "gaps" = {
    expr = map (gap: (broken gap).gaps "x" [ "a-1.zip" ]) [
      { unbuildable = "no compiler"; }
      {
        closure = "c1";
        unknown = "its requirements";
      }
    ];
    expected = [
      [
        {
          file = "a-1.zip";
          reason = "no compiler";
        }
      ]
      [
        {
          file = "a-1.zip";
          reason = "its requirements";
        }
      ]
    ];
  };
  "what is incomplete is an error" = {
    expr = (builtins.tryEval ((broken { unbuildable = "no"; }).complete "x" [ "a-1.zip" ] true)).success;
    expected = false;
  };
}
