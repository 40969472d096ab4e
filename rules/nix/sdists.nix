# Source distributions -> their wheels, each by its locked build environment alone, recursively.
{
  lock,
  closures,
  fetched,
  compiler,
  utilities,
  overrides,
}:
let
  names = import ./names.nix;
  tools = import ./tools.nix;
  compilers = import ./compilers.nix;
  pythons = import ./pythons.nix;
  inherit (builtins)
    attrNames
    attrValues
    elem
    filter
    head
    mapAttrs
    typeOf
    ;

  projects = map (artifact: artifact.project) (attrValues lock.artifacts);
  unchanged = {
    compiler = true;
    env = { };
    system = { };
  };

  # What a variable of a process may be: a set is a derivation.
  variable = [
    "string"
    "path"
    "set"
  ];

  # What is wrong with an override; null where nothing is.
  fault =
    project: given:
    let
      unknown = filter (key: !(unchanged ? ${key})) (attrNames given);
      env = given.env or { };
      values = filter (key: !(elem (typeOf env.${key}) variable)) (attrNames env);
    in
    if !(elem project projects) && elem (names.normalized project) projects then
      "overrides.${project}: the name of that project is ${names.normalized project} in the lock"
    else if !(elem project projects) then
      "overrides.${project}: the lock has no artifact of that project"
    else if unknown != [ ] then
      "overrides.${project} has no ${head unknown}; it has ${names.listed (attrNames unchanged)}"
    else if values != [ ] then
      "overrides.${project}.env.${head values} is no string"
    else
      null;
  faults = filter (text: text != null) (attrValues (mapAttrs fault overrides));

  toolchain =
    changed:
    if changed.compiler == false then
      null
    else
      compilers.described (if changed.compiler == true then compiler else changed.compiler);

  missingPrograms =
    system: changed:
    let
      brought = [ "make" ] ++ (if toolchain changed == null then [ ] else compilers.brings);
    in
    filter (program: !(changed.system ? ${program}) && !(elem program brought)) system;

  build =
    environment: python: wheels: file:
    let
      artifact = lock.artifacts.${file};
      recipe = lock.builds.${file};
      built = closures.build environment.name file;
      changed = unchanged // (overrides.${artifact.project} or { });
      missing = missingPrograms (built.system or [ ]) changed;
    in
    if missing != [ ] then
      throw (
        "wheelhouse: the build of ${file} for ${environment.name} needs ${names.listed missing}, which no index has. "
        + "Give what it is to be: overrides.${artifact.project}.system.${head missing} = \"/path/of/it\"; "
        + "C and C++ compilers are given as `compiler`"
      )
    else
      tools.run {
        name = "${file}-${environment.name}";
        program = "build";
        inherit python;
        parameters = {
          sdist = "${fetched.${file}}";
          title = file;
          environment = environment.name;
          inherit (recipe) backend;
          backend_path = recipe.backend_path or [ ];
          interpreter = pythons.identity environment python;
          wheels = map (pin: "${wheels.${pin.artifact}}") (closures.buildPins environment.name file);
          compiler = toolchain changed;
          programs = changed.system;
          inherit utilities;
          variables = changed.env;
          remedies = {
            python = pythons.remedy environment;
            programs = "`overrides.${artifact.project}.system` says what they are, `compiler` gives compilers.";
          };
          directory = tools.out;
        };
      };
in
{
  # File -> its wheel for an environment and a Python: what was fetched, or the folder that a build makes.
  wheels =
    environment: python:
    let
      found = mapAttrs (
        file: artifact: if artifact.kind == "wheel" then fetched.${file} else build environment python found file
      ) lock.artifacts;
    in
    if faults == [ ] then found else throw "wheelhouse: ${head faults}";
}
