# Pythons: what one is, and which of those that were given an environment is for.
#
# One is a package of nixpkgs, or { executable, version, implementation, abi, libc, system }, of which the first two
# have to be said. What is said is compared with an environment when that is evaluated, and with the Python itself when
# it runs.
let
  names = import ./names.nix;
  inherit (builtins)
    compareVersions
    concatMap
    concatStringsSep
    elemAt
    filter
    hasContext
    head
    isString
    match
    replaceStrings
    storeDir
    ;

  here =
    builtins.currentSystem
      or (throw (
        "wheelhouse: say `system` of each Python (\"x86_64-linux\"): " + "pure evaluation does not know this machine"
      ));

  major = version: match "([0-9]+)\\.([0-9]+).*" version;
  minor = version: concatStringsSep "." (major version);

  # An interpreter that lies in the store is an input of what it runs, even where a plain string says so.
  inStore =
    path:
    let
      parts = match "(${storeDir}/[^/]+).*" path;
    in
    if parts == null || hasContext path then
      path
    else
      builtins.appendContext path { ${head parts} = { path = true; }; };

  defaultAbi =
    implementation: version: suffix:
    let
      parts = major version;
      older = elemAt parts 0 == "3" && compareVersions (elemAt parts 1) "8" < 0;
    in
    if implementation == "cpython" then
      "cp${concatStringsSep "" parts}${if older then "m" else suffix}"
    else
      null;

  isLinux = system: match ".*-linux" system != null;

  ofPackage =
    package:
    let
      platform = package.stdenv.hostPlatform;
      version = package.version or package.pythonVersion;
      implementation = package.implementation or "cpython";
      # nixpkgs calls the interpreter of a free-threaded build python3.13t.
      suffix = if match ".*t" (package.executable or "") != null then "t" else "";
      libcVersion = package.stdenv.cc.libc.version or "";
    in
    {
      executable = package.interpreter;
      inherit version implementation;
      abi = defaultAbi implementation version suffix;
      system = platform.system;
      libc =
        if !(isLinux platform.system) then
          null
        else
          platform.libc + (if libcVersion == "" then "" else " ${libcVersion}");
    };

  ofSet =
    given:
    let
      version =
        given.version
          or (throw (
            "wheelhouse: say `version` (\"3.12\") of the Python ${toString given.executable}: "
            + "nothing is run to find out"
          ));
      implementation = given.implementation or "cpython";
      system = given.system or here;
    in
    if !(isString version) then
      # 3.10 is 3.1 as a number.
      throw "wheelhouse: the version of the Python ${toString given.executable} is a string: version = \"3.12\";"
    else if major version == null then
      throw "wheelhouse: \"${version}\" is no version of a Python; \"3.12\" and \"3.12.4\" are"
    else
      {
        executable = inStore (toString given.executable);
        inherit version implementation system;
        abi = given.abi or (defaultAbi implementation version "");
        libc = if isLinux system then given.libc or "glibc" else null;
      };

  kind = libc: head (match "([a-z]+).*" libc);
  number = libc: elemAt (match "([a-z]+) *(.*)" libc) 1;

  libcFits =
    given: wanted:
    kind given == kind wanted
    && (number given == "" || number wanted == "" || compareVersions (number given) (number wanted) >= 0);
in
rec {
  inherit minor;

  described =
    given:
    if given ? pythonVersion then
      ofPackage given
    else if builtins.isAttrs given && given ? executable then
      ofSet given
    else
      throw (
        "wheelhouse: a Python is a package of nixpkgs, "
        + "or { executable = \"/usr/bin/python3.12\"; version = \"3.12\"; }"
      );

  # What of a Python is not as an environment has it: a list of texts.
  differences =
    environment: python:
    concatMap (one: if one.fits then [ ] else [ "${one.what} ${toString one.is}, not ${toString one.wanted}" ]) [
      {
        what = "version";
        is = minor python.version;
        wanted = environment.python;
        fits = minor python.version == environment.python;
      }
      {
        what = "implementation";
        is = python.implementation;
        wanted = environment.implementation;
        fits = python.implementation == environment.implementation;
      }
      {
        what = "ABI";
        is = python.abi;
        wanted = environment.abi;
        fits = python.abi == null || environment.abi == null || python.abi == environment.abi;
      }
      {
        what = "system";
        is = python.system;
        wanted = environment.system;
        fits = python.system == environment.system;
      }
      {
        what = "C library";
        is = python.libc;
        wanted = environment.libc;
        fits = python.libc == null || environment.libc == null || libcFits python.libc environment.libc;
      }
    ];

  # What goes into every derivation that it runs for an environment, so that no two kinds of Python share a path in the
  # store, and what it is compared with when it runs.
  identity = environment: python: {
    inherit (python) version implementation;
    abi = if python.abi == null then environment.abi else python.abi;
    libc = if python.libc == null || number python.libc == "" then environment.libc else python.libc;
  };

  # What to do where none fits, or where one is not what was said.
  remedy =
    environment:
    "Give the rules one that is: pythons = [ pkgs.python${replaceStrings [ "." ] [ "" ] environment.python} ]; "
    + "or pythons = [ { executable = \"...\"; version = \"${environment.python}\"; } ].";

  # The first of `pythons` that an environment is for.
  chosen =
    environments: environment: pythons:
    let
      fitting = filter (python: differences environment python == [ ]) pythons;
      rows = map (
        python: "\n  ${python.executable}: ${concatStringsSep "; " (differences environment python)}"
      ) pythons;
    in
    if environment.system == null then
      throw (
        "wheelhouse: ${environment.name} is an environment of ${environment.os} ${environment.machine}, where Nix "
        + "installs nothing; `fetched` and `index` work for it"
      )
    else if fitting == [ ] then
      throw (
        "wheelhouse: ${environment.name} is for ${environments.described environment}, and no Python that was given is:"
        + (if rows == [ ] then " `pythons` is empty" else concatStringsSep "" rows)
        + "\n${remedy environment} `fetched` and `index` need none of its kind"
      )
    else
      head fitting;

  # The first that runs the resolver; rather one of this machine, where it is known.
  forTools =
    pythons:
    let
      fitting = filter (
        python: python.implementation == "cpython" && compareVersions (minor python.version) "3.10" >= 0
      ) pythons;
      native = filter (python: python.system == builtins.currentSystem or python.system) fitting;
    in
    if fitting == [ ] then
      throw (
        "wheelhouse: an index is made by the resolver, which needs a Python of 3.10 or newer: "
        + "pythons = [ { executable = \"/usr/bin/python3.12\"; version = \"3.12\"; } ]"
      )
    else
      head (native ++ fitting);
}
