let
  pythons = import ../pythons.nix;
  given = attributes: pythons.described ({ executable = "/usr/bin/python3"; system = "x86_64-linux"; } // attributes);
  # As nixpkgs describes its own.
  package =
    attributes:
    pythons.described (
      {
        pythonVersion = "3.13";
        version = "3.13.1";
        implementation = "cpython";
        executable = "python3.13";
        interpreter = "/store/python3-3.13.1/bin/python3.13";
        stdenv.hostPlatform = {
          system = "x86_64-linux";
          libc = "glibc";
        };
        stdenv.cc.libc.version = "2.40";
      }
      // attributes
    );
  environment = {
    name = "linux";
    python = "3.13";
    implementation = "cpython";
    abi = "cp313";
    os = "linux";
    machine = "x86_64";
    libc = "glibc 2.28";
    system = "x86_64-linux";
  };
  differs = change: python: pythons.differences (environment // change) python;
  fails = value: !(builtins.tryEval (builtins.deepSeq value null)).success;
in
{
  "one of the machine" = {
    expr = given { version = "3.13.1"; };
    expected = {
      executable = "/usr/bin/python3";
      version = "3.13.1";
      implementation = "cpython";
      abi = "cp313";
      libc = "glibc";
      system = "x86_64-linux";
    };
  };
  "one of nixpkgs" = {
    expr = package { };
    expected = {
      executable = "/store/python3-3.13.1/bin/python3.13";
      version = "3.13.1";
      implementation = "cpython";
      abi = "cp313";
      libc = "glibc 2.40";
      system = "x86_64-linux";
    };
  };
  "ABIs" = {
    expr = [
      (package { executable = "python3.13t"; }).abi
      (package { implementation = "pypy"; }).abi
      (given { version = "3.7"; }).abi
      (given { version = "3.8"; }).abi
      (given {
        version = "3.14";
        abi = "cp314t";
      }).abi
    ];
    expected = [
      "cp313t"
      null
      "cp37m"
      "cp38"
      "cp314t"
    ];
  };
  "other systems have no C library to compare" = {
    expr =
      (given {
        version = "3.12";
        system = "aarch64-darwin";
      }).libc;
    expected = null;
  };
  "what fits" = {
    expr = map (differs { }) [
      (given { version = "3.13"; })
      (given {
        version = "3.13.7";
        libc = "glibc 2.28";
      })
      (package { })
    ];
    expected = [
      [ ]
      [ ]
      [ ]
    ];
  };
  "what does not" = {
    expr = [
      (differs { } (given { version = "3.12"; }))
      (differs { libc = "musl 1.2"; } (given { version = "3.13"; }))
      (differs { } (
        given {
          version = "3.13";
          libc = "glibc 2.17";
        }
      ))
      (differs { system = "aarch64-linux"; } (package { }))
      (differs { abi = "cp313t"; } (package { }))
      (differs {
        implementation = "pypy";
        abi = "pypy313_pp80";
      } (package { }))
    ];
    expected = [
      [
        "version 3.12, not 3.13"
        "ABI cp312, not cp313"
      ]
      [ "C library glibc, not musl 1.2" ]
      [ "C library glibc 2.17, not glibc 2.28" ]
      [ "system x86_64-linux, not aarch64-linux" ]
      [ "ABI cp313, not cp313t" ]
      [
        "implementation cpython, not pypy"
        "ABI cp313, not pypy313_pp80"
      ]
    ];
  };
  "what goes into a derivation is the closest that is known" = {
    expr = map (pythons.identity environment) [
      (given { version = "3.13"; })
      (package { })
    ];
    expected = [
      {
        version = "3.13";
        implementation = "cpython";
        abi = "cp313";
        libc = "glibc 2.28";
      }
      {
        version = "3.13.1";
        implementation = "cpython";
        abi = "cp313";
        libc = "glibc 2.40";
      }
    ];
  };
  "tools run on the first that is new enough, of this machine where that is known" = {
    expr = map (systems: (pythons.forTools ([ (given { version = "3.9"; }) ] ++ systems)).version) [
      [ (given { version = "3.14"; }) ]
      [
        (given {
          version = "3.12";
          system = "avr-none";
        })
        (given {
          version = "3.13";
          system = builtins.currentSystem;
        })
      ]
    ];
    expected = [
      "3.14"
      "3.13"
    ];
  };
  "what is no Python" = {
    expr = map fails [
      (pythons.described "/usr/bin/python3")
      (pythons.described { executable = "/usr/bin/python3"; })
      (given { version = "three"; })
      (pythons.forTools [ (given { version = "3.9"; }) ])
    ];
    expected = [
      true
      true
      true
      true
    ];
  };
}
