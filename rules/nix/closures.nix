# What of a lock an environment needs: projects, files, and what of it cannot be built.
{ lock }:
let
  names = import ./names.nix;
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    concatStringsSep
    filter
    genericClosure
    listToAttrs
    mapAttrs
    sort
    lessThan
    ;

  keys = map (item: item.key);
  reached =
    starts: next:
    keys (genericClosure {
      startSet = map (key: { inherit key; }) starts;
      operator = item: map (key: { inherit key; }) (next item.key);
    });

  # Environment -> project -> the projects that it leads to, itself included, as the names of a set.
  reachable = mapAttrs (
    _: pins:
    mapAttrs (
      project: _:
      listToAttrs (
        map (name: {
          inherit name;
          value = null;
        }) (reached [ project ] (one: pins.${one}.dependencies))
      )
    ) pins
  ) lock.resolutions;

  build = environment: file: lock.builds.${file}.environments.${environment} or null;

  # The pins of a build environment, sorted by project.
  buildPins =
    environment: file:
    let
      found = build environment file;
    in
    if found == null || !(found ? closure) then [ ] else attrValues lock.closures.${found.closure};

  groupsOf = environment: lock.roots.${environment};

  roots =
    environment: group:
    (groupsOf environment).${group}
      or (throw "wheelhouse: the lock has no group \"${group}\" for ${environment}; it has ${
        names.listed (map (name: "\"${name}\"") (attrNames (groupsOf environment)))
      } (\"\" is that of the spec's own requirements)");
in
rec {
  inherit build buildPins;

  # Projects of an environment, sorted; `groups` null: all of them, else those that the groups of the spec lead to.
  projects =
    environment: groups:
    let
      pins = lock.resolutions.${environment};
      starts = map names.projectOf (concatMap (roots environment) groups);
      wanted = reached starts (project: pins.${project}.dependencies);
    in
    if groups == null then attrNames pins else sort lessThan wanted;

  # The projects that depend on each other in a circle with one, itself included, sorted.
  cycle =
    environment: project:
    filter (other: reachable.${environment}.${other} ? ${project}) (
      attrNames reachable.${environment}.${project}
    );

  # Files of an environment, or of some of its projects, those that build others included.
  filesOf = environment: filesFor environment (attrNames lock.resolutions.${environment});
  filesFor =
    environment: wanted:
    reached (map (project: lock.resolutions.${environment}.${project}.artifact) wanted) (
      file: map (pin: pin.artifact) (buildPins environment file)
    );

  # Sdists among files that the lock cannot build for an environment, each with its reason.
  gaps =
    environment: files:
    concatMap (
      file:
      let
        found = build environment file;
        reason = if found == null then null else found.unbuildable or found.unknown or null;
      in
      if reason == null then [ ] else [ { inherit file reason; } ]
    ) (filter (file: lock.artifacts.${file}.kind == "sdist") files);

  # `value`, which takes files for an environment, or an error where one of them cannot be built there.
  complete =
    environment: files: value:
    let
      missing = gaps environment files;
      rows = concatStringsSep "" (map (gap: "\n  ${gap.file}: ${gap.reason}") missing);
    in
    if missing == [ ] then
      value
    else
      throw (
        "wheelhouse: the lock is incomplete for ${environment}:${rows}\n"
        + "`wheelhouse resolve` says how to complete it"
      );
}
