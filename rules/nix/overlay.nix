# A lock -> an overlay of nixpkgs: in the package set of each Python that an environment of the lock is for, the projects of that
# environment are those of the lock. Package sets of other Pythons stay as they are.
#
# Fetched wheels are installed by nixpkgs' own buildPythonPackage; source distributions become wheels by the lock's build
# closures first, and not by what nixpkgs would build them with.
{
  lock,
  environments,
  closures,
  fetched,
  sdists,
}:
let
  pythons = import ./pythons.nix;
  inherit (builtins)
    filter
    head
    listToAttrs
    map
    match
    ;

  # The environment that a Python of nixpkgs is for; null where there is none. Of several, the first by name.
  environmentOf =
    python:
    let
      described = pythons.described python;
      fitting = filter (name: pythons.differences (environments.named name) described == [ ]) environments.all;
    in
    if fitting == [ ] then null else environments.named (head fitting);

  package =
    {
      final,
      pyfinal,
      environment,
      wheels,
    }:
    project:
    let
      pin = lock.resolutions.${environment.name}.${project};
      artifact = lock.artifacts.${pin.artifact};
      built = artifact.kind == "sdist";
      wheel = wheels.${pin.artifact};
      # Wheels with compiled code look for the libraries that every Linux with glibc has, and nixpkgs has elsewhere.
      compiled = !built && environment.libc != null && match ".*-any\\.whl" pin.artifact == null;
    in
    pyfinal.buildPythonPackage {
      pname = project;
      inherit (pin) version;
      format = "wheel";
      # A store path's name is not always the name of the wheel, by which installers go.
      unpackPhase =
        if built then "mkdir dist; cp ${wheel}/*.whl dist/" else "mkdir dist; cp ${wheel} dist/'${pin.artifact}'";
      src = null;
      propagatedBuildInputs = map (dependency: pyfinal.${dependency}) (
        filter (dependency: dependency != project) pin.dependencies
      );
      nativeBuildInputs = if compiled then [ final.autoPatchelfHook ] else [ ];
      buildInputs = if compiled then final.pythonManylinuxPackages.manylinux2014 else [ ];
      doCheck = false;
      # The lock is exact; what it overrides on purpose is no error.
      dontCheckRuntimeDeps = true;
      passthru.wheelhouse = { inherit wheel artifact; };
    };
in
rec {
  # `pyprev.python`: which names are set must not hang on the set that they go into.
  # For python.override { packageOverrides = ...; }, or an entry of pythonPackagesExtensions.
  packageOverrides =
    final: pyfinal: pyprev:
    let
      environment = environmentOf pyprev.python;
      wheels = sdists.wheels environment (pythons.described pyprev.python);
      make = package {
        inherit
          final
          pyfinal
          environment
          wheels
          ;
      };
    in
    if environment == null then
      { }
    else
      listToAttrs (
        map (name: {
          inherit name;
          value = make name;
        }) (closures.projects environment.name null)
      );

  overlay = final: prev: {
    pythonPackagesExtensions = (prev.pythonPackagesExtensions or [ ]) ++ [ (packageOverrides final) ];
  };
}
