# lock.json -> its content, checked as far as the rest relies on it. What it says is evaluated as it is, with no builds.
path:
let
  read = builtins.addErrorContext "while reading the lock ${toString path}, which `wheelhouse resolve` makes" (
    builtins.fromJSON (builtins.readFile path)
  );
  known = 1;
in
if !(builtins.isAttrs read && read ? lock_version) then
  throw "wheelhouse: ${toString path} is not a lock: it has no lock_version; `wheelhouse resolve` makes one"
else if read.lock_version != known then
  throw (
    "wheelhouse: ${toString path} has lock_version ${toString read.lock_version}, and these rules read "
    + "${toString known}: use the rules_wheelhouse that fits, or make it anew"
  )
else
  read
