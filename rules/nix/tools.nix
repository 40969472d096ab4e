# Derivations that run the programs of the rules (../private/tools), which read their parameters as JSON.
let
  names = import ./names.nix;

  # Without what Python leaves beside modules, so that the path depends on the sources alone.
  programs = builtins.path {
    name = "wheelhouse-tools";
    path = ../private/tools;
    filter =
      path: type:
      if type == "directory" then baseNameOf path != "__pycache__" else builtins.match ".*\\.py" path != null;
  };

  # Nix starts a builder by its bare name and with no PATH, so that a Python does not know where it lies. Started
  # again by its path, it does.
  again = "import os, sys; os.execv(sys.argv[1], sys.argv[1:])";
in
rec {
  # The arguments of a builder that is a Python at `executable`.
  started =
    executable: args:
    [
      "-I"
      "-c"
      again
      executable
    ]
    ++ args;

  # `parameters`: whatever the program documents. `python`: as pythons.nix describes it.
  run =
    {
      name,
      program,
      python,
      parameters,
    }:
    derivation (
      parameters
      // {
        name = names.storeName name;
        inherit (python) system;
        builder = python.executable;
        args = started python.executable [
          "-B"
          "-E"
          "-s"
          "${programs}/${program}.py"
          ".attrs.json"
        ];
        __structuredAttrs = true;
      }
    );

  # Where it puts what it makes.
  out = builtins.placeholder "out";
}
