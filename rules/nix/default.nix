# A lock -> derivations: artifacts, the vendored index, environments. Nothing is imported from a derivation, nothing is
# run to evaluate it, and it needs no nixpkgs. docs/nix.md is the guide; what an argument may be is said where it is
# used.
{
  # lock.json
  lock,
  # The spec. With it, a lock that is stale is an error.
  spec ? null,
  # Pythons of the environments, and of the machine that makes an index: pythons.nix.
  pythons ? [ ],
  # C and C++ tool chain for source distributions: compilers.nix.
  compiler ? null,
  # Index -> URL that stands in for the base of its files.
  mirrors ? { },
  # A vendored tree, or a directory of artifacts, that stands in for the network.
  directory ? null,
  # Folders with the utilities of POSIX, for builds.
  utilities ? [
    "/usr/bin"
    "/bin"
  ],
  # Project -> { env, system, compiler } of its build: variables, programs that no index has, another tool chain or
  # none.
  overrides ? { },
  # The resolver as one file, by which an index is made: a path, or a derivation that fetches it.
  tool ? ../../dist/wheelhouse.pyz,
}:
let
  lockFile = lock;
  decoded = (import ./lock.nix).readFor spec lockFile;
  pythonTools = import ./pythons.nix;
  given =
    if builtins.isList pythons then
      map pythonTools.described pythons
    else
      throw "wheelhouse: `pythons` is a list: pythons = [ pkgs.python312 ];";

  environmentsOf = import ./environments.nix { lock = decoded; };
  closures = import ./closures.nix { lock = decoded; };
  fetched = import ./artifacts.nix {
    lock = decoded;
    inherit lockFile mirrors directory;
  };
  sdists = import ./sdists.nix {
    lock = decoded;
    inherit
      closures
      fetched
      compiler
      utilities
      overrides
      ;
  };
  indexOf = import ./index.nix {
    lock = decoded;
    inherit
      lockFile
      closures
      fetched
      tool
      ;
    environments = environmentsOf;
  };

  # The Pythons of which an environment's is chosen: the one that a call names, or those of all.
  among = python: if python == null then given else [ (pythonTools.described python) ];

  envOf =
    { environment, python, ... }@arguments:
    let
      chosen = pythonTools.chosen environmentsOf environment (among python);
    in
    import ./environment.nix (
      arguments
      // {
        lock = decoded;
        inherit closures;
        python = chosen;
        wheels = sdists.wheels environment chosen;
      }
    );

  fetchedFor =
    name:
    builtins.listToAttrs (
      map (file: {
        name = file;
        value = fetched.${file};
      }) (closures.filesOf name)
    );
in
rec {
  # File name -> what is fetched; `files` is the list of that, which nix-build takes as a whole: nix-build -A files
  inherit fetched;
  files = builtins.attrValues fetched;

  # An environment, installed. By name on the command line: nix-build -A env --argstr environment linux
  env =
    {
      environment ? null,
      groups ? null,
      compile ? true,
      name ? null,
      mainProgram ? "python",
      python ? null,
    }:
    envOf {
      environment = environmentsOf.named environment;
      inherit
        groups
        compile
        name
        mainProgram
        python
        ;
    };

  # nix-shell -A shell --argstr environment linux
  shell = { environment ? null }: (env { inherit environment; }).shell;

  # The vendored tree of all environments, or of some.
  index =
    {
      environments ? null,
      python ? null,
      name ? "index",
    }:
    indexOf {
      inherit name;
      names = environments;
      python = pythonTools.forTools (among python);
    };

  # Name -> what there is for one environment.
  environments = builtins.listToAttrs (
    map (name: {
      inherit name;
      value = {
        fetched = fetchedFor name;
        files = builtins.attrValues (fetchedFor name);
        index = index {
          environments = [ name ];
          name = "index-${name}";
        };
        env = env { environment = name; };
        shell = shell { environment = name; };
        checks = {
          imports = (env { environment = name; }).checks.imports { };
        };
      };
    }) environmentsOf.all
  );

  # For nixpkgs: an overlay, one of some environments, and what it does to the package set of a Python.
  inherit
    (import ./overlay.nix {
      lock = decoded;
      inherit closures fetched sdists;
      environments = environmentsOf;
    })
    overlay
    overlayOf
    packageOverridesOf
    ;

  # What lock.json says.
  lock = decoded;
}
