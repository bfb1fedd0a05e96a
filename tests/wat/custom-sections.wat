;; Custom sections stay as they are and where they are, but for those with code offsets, which would be
;; wrong, and the list of features, which gains one. Names of locals, globals and types stay.
;;! args: -print-allocs '^app\.'
;;! run: f(24)
;;! expect: slots = 2
;;! expect: site 0 = 1, 24
(module $named
  (@custom "first" (before first) "\00\ff")
  (type $alloc (func (param i32) (result i32)))
  (@custom "between" (after func) "two")
  (global $top (mut i32) (i32.const 1024))
  (func $malloc (type $alloc) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $top))
    (global.set $top (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func $app.f (export "f") (type $alloc) (param $n i32) (result i32)
    (call $malloc (local.get $n)))
  (@producers (processed-by "by hand" "1"))
  ;; One feature: +sign-ext.
  (@custom "target_features" "\01+\08sign-ext")
  (@custom ".debug_str" "app.f\00")
  (@custom "sourceMappingURL" "\0bapp.wasm.map")
  (@custom "last" "three")
)
