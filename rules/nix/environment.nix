# Wheels, fetched and built, installed for one environment: a virtual environment with its console scripts.
{
  lock,
  closures,
  environment,
  # As pythons.nix describes it.
  python,
  # File -> wheel, as sdists.nix makes them.
  wheels,
  # Groups of the spec; null is all.
  groups,
  # Whether modules are compiled. The store is read only, so that nothing is compiled later.
  compile,
  # In the store; null is that of the environment.
  name,
  # What `nix run` starts.
  mainProgram,
}:
let
  tools = import ./tools.nix;
  pythons = import ./pythons.nix;
  pins = lock.resolutions.${environment.name};
  projects = closures.projects environment.name groups;

  title = if name == null then "${environment.name}-env" else name;

  env = tools.run {
    name = title;
    inherit python;
    program = "environment";
    parameters = {
      wheels = map (project: "${wheels.${pins.${project}.artifact}}") projects;
      environment = environment.name;
      interpreter = pythons.identity environment python;
      remedies.python = pythons.remedy environment;
      inherit compile;
      directory = tools.out;
    };
  };
in
closures.complete environment.name (closures.filesFor environment.name projects) (
  env
  // {
    inherit environment;
    # Project -> its wheel: what was fetched, or the folder that a build makes.
    wheels = builtins.listToAttrs (
      map (name: {
        inherit name;
        value = wheels.${pins.${name}.artifact};
      }) projects
    );
    meta = { inherit mainProgram; };
    sitePackages = "lib/python${environment.python}/site-packages";
    # For a flake: apps.x86_64-linux.black = env.app "black";
    app = script: {
      type = "app";
      program = "${env}/bin/${script}";
    };
    # A derivation whose builder is its Python: env.build { name = "report"; args = [ ./make.py ]; }
    build =
      attributes:
      derivation (
        { inherit (python) system; }
        // attributes
        // {
          builder = "${env}/bin/python";
          args = tools.started "${env}/bin/python" attributes.args;
        }
      );
    shell = import ./shell.nix {
      inherit env python;
      name = title;
    };
    checks = import ./checks.nix {
      inherit env environment;
      name = title;
    };
  }
)
