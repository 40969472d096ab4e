let
  fromLock = (import ./nixpkgs.nix { overlays = [ (import ../nixpkgs.nix) ]; }).wheelhouse {
    lock = ./lock.json;
    overrides.forge.system.pg_config = "/usr/bin/pg_config";
  };
  pkgs = import ./nixpkgs.nix {
    overlays = [
      (import ../nixpkgs.nix)
      fromLock.overlay
    ];
  };
  packages = pkgs.python311.pkgs;
in
{
  "projects of the lock replace those of nixpkgs, others stay" = {
    expr = [
      packages.harbor.version
      packages.numpy
      pkgs.python312.pkgs.harbor
      (pkgs.python312.pkgs ? sail)
    ];
    expected = [
      "2.1.0"
      "nixpkgs' own"
      "nixpkgs' own"
      false
    ];
  };
  "environments that one Python fits have to be told apart" = {
    expr =
      let
        twice = import ../overlay.nix {
          lock = fromLock.lock // {
            environments = {
              inherit (fromLock.lock.environments) linux-py311;
              older = fromLock.lock.environments.linux-py311 // {
                libc = "glibc 2.17";
              };
            };
            resolutions.older = { };
          };
          environments = {
            all = [
              "linux-py311"
              "older"
            ];
            named =
              name:
              (import ../environments.nix {
                lock.environments.${name} = fromLock.lock.environments.linux-py311;
              }).named
                name;
          };
          closures.projects = _: _: [ "harbor" ];
          sdists.wheels = _: _: { };
          inherit (fromLock) fetched;
        };
        names = overlay: builtins.attrNames (overlay pkgs packages { inherit (pkgs.python311.pkgs) python; });
      in
      map (named: builtins.tryEval (names (twice.packageOverridesOf named))) [
        [
          "linux-py311"
          "older"
        ]
        [ "older" ]
      ];
    expected = [
      {
        success = false;
        value = false;
      }
      {
        success = true;
        value = [ "harbor" ];
      }
    ];
  };
  "what depends on what" = {
    expr = map (package: package.pname) packages.harbor.propagatedBuildInputs;
    expected = [
      "keel"
      "sail"
    ];
  };
  "a circle is one package, under each of its names" = {
    expr =
      let
        pins = fromLock.lock.resolutions.linux-py311;
        lock = fromLock.lock // {
          resolutions.linux-py311 = pins // {
            keel = pins.keel // {
              dependencies = [ "sail" ];
            };
            sail = pins.sail // {
              dependencies = [
                "keel"
                "sun"
              ];
            };
            sun = pins.sail // {
              dependencies = [ ];
            };
          };
        };
        ring = import ../overlay.nix {
          inherit lock;
          inherit (fromLock) fetched;
          closures = import ../closures.nix { inherit lock; };
          environments = import ../environments.nix { inherit lock; };
          sdists.wheels = _: _: {
            "harbor-2.1.0-py3-none-any.whl" = "/harbor";
            "keel-1.4.tar.gz" = "/keel";
            "sail-0.9-py3-none-any.whl" = "/sail";
          };
        };
        packages = (import ./nixpkgs.nix { overlays = [ ring.overlay ]; }).python311.pkgs;
      in
      map
        (package: [
          package.pname
          package.unpackPhase
          (map (one: one.pname) package.propagatedBuildInputs)
        ])
        [
          packages.harbor
          packages.keel
          packages.sail
        ];
    expected = [
      [
        "harbor"
        "mkdir dist; cp /harbor dist/'harbor-2.1.0-py3-none-any.whl'"
        [ "keel" ]
      ]
      [
        "keel"
        "mkdir dist; cp /keel/*.whl dist/; cp /sail dist/'sail-0.9-py3-none-any.whl'"
        [ "sun" ]
      ]
      [
        "keel"
        "mkdir dist; cp /keel/*.whl dist/; cp /sail dist/'sail-0.9-py3-none-any.whl'"
        [ "sun" ]
      ]
    ];
  };
  "a fetched wheel has its own name" = {
    expr = packages.harbor.unpackPhase;
    expected =
      let
        name = "harbor-2.1.0-py3-none-any.whl";
      in
      "mkdir dist; cp ${fromLock.fetched.${name}} dist/'${name}'";
  };
  "a source distribution is built by the lock" = {
    expr = packages.keel.unpackPhase;
    expected = "mkdir dist; cp ${packages.keel.passthru.wheelhouse.wheel}/*.whl dist/";
  };
  "compiled wheels find the libraries of nixpkgs" = {
    expr = map (package: package.nativeBuildInputs ++ package.buildInputs) [
      packages.harbor
      packages.keel
      packages.mast-tools
    ];
    expected = [
      [ ]
      [ ]
      [
        "autoPatchelfHook"
        "zlib"
      ]
    ];
  };
  "builds run the Python and the tools of nixpkgs" = {
    expr = builtins.intersectAttrs {
      builder = null;
      system = null;
      utilities = null;
    } packages.keel.passthru.wheelhouse.wheel.drvAttrs;
    expected = {
      builder = "/store/python3-3.11/bin/python3.11";
      system = "x86_64-linux";
      utilities = map (name: "/store/${name}/bin") [
        "coreutils"
        "diffutils"
        "findutils"
        "gawk"
        "gnugrep"
        "gnumake"
        "gnused"
        "bash"
        "binutils-wrapper"
      ];
    };
  };
}
