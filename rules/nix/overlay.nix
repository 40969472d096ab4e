# A lock -> an overlay of nixpkgs: in the package set of each Python that an environment of the lock is for, the
# projects of that environment are those of the lock. Package sets of other Pythons stay as they are.
#
# Fetched wheels are installed by nixpkgs' own buildPythonPackage; source distributions become wheels by the build
# closures of the lock first, and not by what nixpkgs would build them with. Projects that depend on each other in a
# circle are one package, under each of their names: a derivation cannot be an input of itself.
{
  lock,
  environments,
  closures,
  fetched,
  sdists,
}:
let
  names = import ./names.nix;
  pythons = import ./pythons.nix;
  inherit (builtins)
    any
    attrValues
    concatMap
    concatStringsSep
    elem
    filter
    head
    length
    listToAttrs
    match
    replaceStrings
    ;

  # The environment, of those that are named, that a Python of nixpkgs is for; null where there is none.
  environmentOf =
    named: python:
    let
      described = pythons.described python;
      fitting = filter (name: pythons.differences (environments.named name) described == [ ]) named;
    in
    if fitting == [ ] then
      null
    else if length fitting > 1 then
      throw (
        "wheelhouse: ${described.executable} is the Python of several environments of the lock: "
        + "${names.listed fitting}; say which are meant: overlayOf [ \"${head fitting}\" ]"
      )
    else
      environments.named (head fitting);

  package =
    {
      final,
      pyfinal,
      environment,
      wheels,
    }:
    project:
    let
      pins = lock.resolutions.${environment.name};
      members = closures.cycle environment.name project;
      first = head members;
      outside = concatMap (
        member: filter (dependency: !(elem dependency members)) pins.${member}.dependencies
      ) members;
      dependencies = listToAttrs (
        map (dependency: rec {
          name = head (closures.cycle environment.name dependency);
          value = pyfinal.${name};
        }) outside
      );

      pin = pins.${project};
      artifact = lock.artifacts.${pin.artifact};
      wheel = wheels.${pin.artifact};
      isBuilt = file: lock.artifacts.${file}.kind == "sdist";
      # A store path's name is not always the name of the wheel, by which installers go.
      placed =
        file:
        if isBuilt file then
          "cp ${wheels.${file}}/*.whl dist/"
        else
          "cp ${wheels.${file}} dist/'${replaceStrings [ "'" ] [ "'\\''" ] file}'";
      files = map (member: pins.${member}.artifact) members;
      # Wheels with compiled code look for the libraries that every Linux with glibc has, and nixpkgs has elsewhere.
      compiled =
        environment.libc != null
        && any (file: !(isBuilt file) && match ".*-any\\.whl" file == null) files;
    in
    if project != first then pyfinal.${first} else pyfinal.buildPythonPackage {
      pname = project;
      inherit (pin) version;
      format = "wheel";
      unpackPhase = concatStringsSep "; " ([ "mkdir dist" ] ++ map placed files);
      src = null;
      propagatedBuildInputs = attrValues dependencies;
      nativeBuildInputs = if compiled then [ final.autoPatchelfHook ] else [ ];
      buildInputs = if compiled then final.pythonManylinuxPackages.manylinux2014 else [ ];
      doCheck = false;
      # The lock is exact; what it overrides on purpose is no error.
      dontCheckRuntimeDeps = true;
      passthru.wheelhouse = { inherit wheel artifact; };
    };
in
rec {
  # For python.override { packageOverrides = ...; }, or an entry of pythonPackagesExtensions. `named`: environments.
  # `pyprev.python`: which names are set must not depend on the set that they go into.
  packageOverridesOf =
    named: final: pyfinal: pyprev:
    let
      environment = environmentOf named pyprev.python;
      make = package {
        inherit final pyfinal environment;
        wheels = sdists.wheels environment (pythons.described pyprev.python);
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

  overlayOf = named: final: prev: {
    pythonPackagesExtensions = (prev.pythonPackagesExtensions or [ ]) ++ [ (packageOverridesOf named final) ];
  };

  overlay = overlayOf environments.all;
}
