# A lock's environments -> what of them Nix and a Python can be compared with.
{ lock }:
let
  names = import ./names.nix;
  inherit (builtins) attrNames head match split;

  cpus = {
    aarch64 = "aarch64";
    amd64 = "x86_64";
    arm64 = "aarch64";
    armv7l = "armv7l";
    i386 = "i686";
    i686 = "i686";
    loongarch64 = "loongarch64";
    ppc64le = "powerpc64le";
    riscv64 = "riscv64";
    s390x = "s390x";
    x86_64 = "x86_64";
  };
  systems = {
    darwin = "darwin";
    linux = "linux";
  };

  # "cp313-cp313t-manylinux_2_28_x86_64" -> "cp313t"; the best tag of an environment is that of its own ABI.
  abiOf =
    tags:
    let
      parts = match "[^-]+-([^-]+)-.+" (head tags);
    in
    if tags == [ ] || parts == null || head parts == "none" || head parts == "abi3" then null else head parts;

  libcOf =
    entry:
    let
      kinds = builtins.concatMap (
        tag:
        if match ".*-musllinux_.*" tag != null then
          [ "musl" ]
        else if match ".*-manylinux.*" tag != null then
          [ "glibc" ]
        else
          [ ]
      ) entry.tags;
    in
    entry.libc or (if kinds == [ ] then "glibc" else head kinds);

  facts =
    name:
    let
      entry = lock.environments.${name};
      os = entry.markers.sys_platform or "";
      machine = entry.markers.platform_machine or "";
    in
    {
      inherit name os machine;
      python = entry.markers.python_version or "";
      implementation = entry.markers.implementation_name or "cpython";
      abi = abiOf entry.tags;
      # "glibc 2.28", or its kind alone where the lock tells no more; null elsewhere than on Linux.
      libc = if os == "linux" then libcOf entry else null;
      # As Nix calls it; null where Nix builds nothing.
      system = if systems ? ${os} && cpus ? ${machine} then "${cpus.${machine}}-${systems.${os}}" else null;
    };

  all = attrNames lock.environments;
in
rec {
  inherit all;

  # An environment by its name; null stands for the only one that there is.
  named =
    name:
    if name == null && builtins.length all == 1 then
      facts (head all)
    else if name == null then
      throw "wheelhouse: the lock has several environments; name one: environment = \"...\", of ${names.listed all}"
    else if !(lock.environments ? ${name}) then
      throw "wheelhouse: the lock has no environment \"${name}\"; it has ${names.listed all}"
    else
      facts name;

  # "CPython 3.11 for glibc 2.28 on x86_64-linux", for messages.
  described =
    environment:
    "${environment.implementation} ${environment.python} (${toString environment.abi})"
    + (if environment.libc == null then "" else " with ${environment.libc}")
    + " on ${if environment.system == null then "${environment.os} ${environment.machine}" else environment.system}";
}
