# What of a lock an environment needs: projects, files, and what of it cannot be built.
{ lock }:
let
  names = import ./names.nix;
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    filter
    genericClosure
    ;

  keys = map (item: item.key);
  reached =
    starts: next:
    keys (genericClosure {
      startSet = map (key: { inherit key; }) starts;
      operator = item: map (key: { inherit key; }) (next item.key);
    });

  build = environment: file: lock.builds.${file}.environments.${environment} or null;

  # The pins of a build environment, sorted by project.
  buildPins =
    environment: file:
    let
      found = build environment file;
    in
    if found == null || !(found ? closure) then [ ] else attrValues lock.closures.${found.closure};

  files =
    environment: starts: reached starts (file: map (pin: pin.artifact) (buildPins environment file));

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
    if groups == null then attrNames pins else builtins.sort builtins.lessThan wanted;

  # Files of an environment, those that build others included.
  filesOf = environment: files environment (map (pin: pin.artifact) (attrValues lock.resolutions.${environment}));

  # Sdists of `filesOf` that the lock cannot build there, each with its reason.
  gaps =
    environment:
    concatMap (
      file:
      let
        found = build environment file;
        reason = if found == null then null else found.unbuildable or found.unknown or null;
      in
      if reason == null then [ ] else [ { inherit file reason; } ]
    ) (filter (file: lock.artifacts.${file}.kind == "sdist") (filesOf environment));

  # `value`, or an error where the lock is incomplete for an environment.
  complete =
    environment: value:
    let
      missing = gaps environment;
      rows = map (gap: "\n  ${gap.file}: ${gap.reason}") missing;
    in
    if missing == [ ] then
      value
    else
      throw "wheelhouse: the lock is incomplete for ${environment}:${builtins.concatStringsSep "" rows}\n`wheelhouse resolve` says how to complete it";
}
