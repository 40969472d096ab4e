let
  lock = import ../lock.nix;
  fault = text: (lock.parsed text).fault;
  text = builtins.readFile ./lock.json;
  half = builtins.substring 0 (builtins.stringLength text / 2) text;
  starts = wanted: given: builtins.substring 0 (builtins.stringLength wanted) given;
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
}
