# nix-build -A env            the environment, with bin/python and bin/black
# nix-build -A test           a program of ours, run in it
# nix-build -A pypi.index     the vendored index of all environments
# nix-shell -A env.shell      a shell in which the environment is active
{
  # A checkout, a tarball (fetchTarball), or lib.fromLock of the flake.
  wheelhouse ? import ../../rules/nix,
  # Of the machine, which `sandbox-paths` in nix.conf shows to builds; pkgs.python312 and pkgs.stdenv.cc do as well.
  python ? {
    executable = "/usr/bin/python3";
    version = "3.12";
    system = "x86_64-linux";
  },
  compiler ? {
    cc = "/usr/bin/gcc";
    cxx = "/usr/bin/g++";
  },
}:
rec {
  pypi = wheelhouse {
    lock = ./lock.json;
    spec = ./spec.yaml;
    pythons = [ python ];
    inherit compiler;
  };

  env = pypi.env {
    environment = "linux";
    mainProgram = "black";
  };

  test = env.build {
    name = "app-test";
    args = [
      ./app_test.py
      (placeholder "out")
    ];
  };
}
