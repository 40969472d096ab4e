let
  lock = builtins.fromJSON (builtins.readFile ./lock.json);
  of =
    name: entry:
    (import ../environments.nix { lock.environments.${name} = entry; }).named name;
  entry = os: machine: tags: {
    markers = {
      sys_platform = os;
      platform_machine = machine;
      python_version = "3.12";
      implementation_name = "cpython";
    };
    inherit tags;
  };
  environments = import ../environments.nix { inherit lock; };
in
{
  "of a lock" = {
    expr = environments.all;
    expected = [
      "linux-py311"
      "windows-py313"
    ];
  };
  "facts" = {
    expr = environments.named "linux-py311";
    expected = {
      name = "linux-py311";
      python = "3.11";
      implementation = "cpython";
      abi = "cp311";
      os = "linux";
      machine = "x86_64";
      libc = "glibc 2.28";
      system = "x86_64-linux";
    };
  };
  "systems are those of Nix" = {
    expr = map (one: (of "x" one).system) [
      (entry "linux" "x86_64" [ ])
      (entry "linux" "ppc64le" [ ])
      (entry "darwin" "arm64" [ ])
      (entry "win32" "AMD64" [ ])
      (entry "linux" "toaster" [ ])
    ];
    expected = [
      "x86_64-linux"
      "powerpc64le-linux"
      "aarch64-darwin"
      null
      null
    ];
  };
  "the ABI is that of the best tag" = {
    expr = map (tag: (of "x" (entry "linux" "x86_64" [ tag ])).abi) [
      "cp313-cp313t-manylinux_2_28_x86_64"
      "pp310-pypy310_pp73-linux_x86_64"
      "cp37-cp37m-manylinux1_x86_64"
      "cp312-abi3-linux_x86_64"
      "py3-none-any"
    ];
    expected = [
      "cp313t"
      "pypy310_pp73"
      "cp37m"
      null
      null
    ];
  };
  "the C library is stated, or told by tags, or glibc" = {
    expr = map (one: (of "x" one).libc) [
      (entry "linux" "x86_64" [ ] // { libc = "musl 1.2"; })
      (entry "linux" "x86_64" [ "cp312-cp312-musllinux_1_2_x86_64" ])
      (entry "linux" "x86_64" [ "cp312-cp312-manylinux2014_x86_64" ])
      (entry "linux" "x86_64" [ "py3-none-any" ])
      (entry "darwin" "arm64" [ ])
    ];
    expected = [
      "musl 1.2"
      "musl"
      "glibc"
      "glibc"
      null
    ];
  };
  "in words" = {
    expr = environments.described (of "x" (entry "darwin" "arm64" [ "cp312-cp312-macosx_14_0_arm64" ]));
    expected = "cpython 3.12 (cp312) on aarch64-darwin";
  };
  "one that is alone needs no name" = {
    expr = ((import ../environments.nix { lock.environments.only = entry "linux" "x86_64" [ ]; }).named null).name;
    expected = "only";
  };
  "others have to be named, and to exist" = {
    expr = map (name: (builtins.tryEval (builtins.deepSeq (environments.named name) null)).success) [
      null
      "linux"
    ];
    expected = [
      false
      false
    ];
  };
}
