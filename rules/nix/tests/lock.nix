let
  lock = import ../lock.nix;
  fault = text: (lock.parsed text).fault;
  text = builtins.readFile ./lock.json;
  half = builtins.substring 0 (builtins.stringLength text / 2) text;
  starts = wanted: given: builtins.substring 0 (builtins.stringLength wanted) given;
  whole = builtins.fromJSON text;
  without = set: name: builtins.removeAttrs set [ name ];
  fails = value: !(builtins.tryEval (builtins.deepSeq value null)).success;
in
{
  "a whole one" = {
    expr = fault text;
    expected = null;
  };
  "its content" = {
    expr = lock.read ./lock.json;
    expected = builtins.fromJSON text;
  };
  "none that is there" = {
    expr = fails (lock.read ./no-such-lock.json);
    expected = true;
  };
  "unresolved merges" = {
    expr = map (marked: starts "holds an unresolved merge" (fault marked)) [
      "{\n<<<<<<< HEAD\n${text}"
      "<<<<<<< HEAD\n${text}"
    ];
    expected = builtins.genList (_: "holds an unresolved merge") 2;
  };
  "what is no object, or a part of one" = {
    expr = map (broken: starts "is not a lock: it is no JSON object" (fault broken)) [
      ""
      "[]"
      "{"
      half
    ];
    expected = builtins.genList (_: "is not a lock: it is no JSON object") 4;
  };
  "a spec that is what it was made from, or is not" =
    let
      # Any files will do for a spec and what it extends.
      files = {
        "lock.nix" = builtins.hashFile "sha256" ./lock.nix;
        "../lock.nix" = builtins.hashFile "sha256" ../lock.nix;
      };
      of = inputs: lock.changes { inherit inputs; };
    in
    {
      expr = [
        (of { inherit files; } ./lock.nix)
        (of {
          inherit files;
          spec = "lock.nix";
        } ./lock.nix)
        (of { inherit files; } ./names.nix)
        (of {
          inherit files;
          spec = "lock.nix";
        } ./names.nix)
        (of {
          files = files // {
            "../lock.nix" = "00";
            "gone/base.in" = "00";
          };
        } ./lock.nix)
      ];
      expected = [
        [ ]
        [ ]
        [ "names.nix is not what it was made from (../lock.nix, lock.nix)" ]
        [ "names.nix is not what it was made from (lock.nix)" ]
        [
          "../lock.nix has changed"
          "gone/base.in has vanished"
        ]
      ];
    };
  "a lock that is stale" = {
    expr = map (spec: fails (lock.readFor spec ./lock.json)) [
      null
      ./names.nix
    ];
    expected = [
      false
      true
    ];
  };
  "other objects" = {
    expr = map fault [
      "{}"
      "{\"lock_version\": 1, \"inputs\": {}}\n"
    ];
    expected = [
      "is not a lock: it has no lock_version; `wheelhouse resolve` makes one"
      "is not a whole lock: it has no indexes; restore it, or `wheelhouse resolve --update` makes it anew"
    ];
  };
  "what was edited, or merged badly" = {
    expr = map (
      { section, changed }:
      fault (builtins.toJSON (whole // { ${section} = changed; }))
    ) [
      {
        section = "closures";
        changed = [ ];
      }
      {
        section = "environments";
        changed = whole.environments // {
          windows-py313 = without whole.environments.windows-py313 "tags";
        };
      }
      {
        section = "environments";
        changed = without whole.environments "windows-py313";
      }
      {
        section = "indexes";
        changed = { };
      }
      {
        section = "artifacts";
        changed = without whole.artifacts "harbor-2.1.0-py3-none-any.whl";
      }
      {
        section = "resolutions";
        changed = whole.resolutions // {
          windows-py313 = without whole.resolutions.windows-py313 "sail";
        };
      }
      {
        section = "artifacts";
        changed = whole.artifacts // {
          "keel-1.4.tar.gz" = whole.artifacts."keel-1.4.tar.gz" // {
            version = "1.5";
          };
        };
      }
      {
        section = "builds";
        changed = without whole.builds "keel-1.4.tar.gz";
      }
      {
        section = "builds";
        changed = without whole.builds "forge-3.2.tar.gz";
      }
      {
        section = "builds";
        changed = whole.builds // {
          "rudder-1.tar.gz" = whole.builds."keel-1.4.tar.gz";
        };
      }
      {
        section = "closures";
        changed = without whole.closures "c2";
      }
    ];
    expected =
      map (said: "is edited, or badly merged: ${said}; restore it, or `wheelhouse resolve --update` makes it anew")
        [
          "closures is no object"
          "the environment windows-py313 has no tags"
          "there is no environment windows-py313, which `resolutions` name"
          "there is no index corp, which the artifact anvil-1.0-py3-none-any.whl names"
          "there is no artifact harbor-2.1.0-py3-none-any.whl, which the resolution of linux-py311 names"
          "the resolution of windows-py313 has no sail, on which harbor depends"
          "the resolution of linux-py311 pins keel-1.4.tar.gz of keel 1.4"
          "`builds` do not say how keel-1.4.tar.gz is built for linux-py311"
          "`builds` do not say how forge-3.2.tar.gz is built for linux-py311"
          "there is no artifact rudder-1.tar.gz, which `builds` name"
          "there is no closure c2, which builds forge-3.2.tar.gz"
        ];
  };
}
