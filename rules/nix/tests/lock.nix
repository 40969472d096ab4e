let
  lock = import ../lock.nix;
  text = builtins.readFile ./lock.json;
  half = builtins.substring 0 (builtins.stringLength text / 2) text;
  starts = wanted: given: builtins.substring 0 (builtins.stringLength wanted) given;
  fails = value: !(builtins.tryEval (builtins.deepSeq value null)).success;
in
{
  "a whole one" = {
    expr = lock.fault text;
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
  "unresolved merges" =
    let
      said = "holds an unresolved merge";
    in
    {
      expr = map (marked: starts said (lock.fault marked)) [
        "{\n<<<<<<< HEAD\n${text}"
        "<<<<<<< HEAD\n${text}"
      ];
      expected = [
        said
        said
      ];
    };
  "what is no object, or a part of one" =
    let
      said = "is not a lock: it is no JSON object";
    in
    {
      expr = map (broken: starts said (lock.fault broken)) [
        ""
        "[]"
        "{"
        half
      ];
      expected = [
        said
        said
        said
        said
      ];
    };
  "other objects" = {
    expr = map lock.fault [
      "{}"
      "{\"lock_version\": 1, \"inputs\": {}}\n"
    ];
    expected = [
      "is not a lock: it has no lock_version; `wheelhouse resolve` makes one"
      "is not a whole lock: it has no indexes; restore it, or `wheelhouse resolve --update` makes it anew"
    ];
  };
}
