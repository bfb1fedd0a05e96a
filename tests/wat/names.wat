;; Names that need care in JSON, in HTML, on a terminal and in reports: quotes, backslashes, newlines,
;; control and bidirectional characters, markup, two functions of one name, and no name at all.
;;! args: -print-allocs '^app|func'
;;! run: f()
;;! expect: slots = 8
;;! expect: site 0 = 1, 1      ;; sites in code order, each with its own size
;;! expect: site 1 = 1, 2
;;! expect: site 2 = 1, 4
;;! expect: site 3 = 1, 8
;;! expect: site 4 = 1, 16     ;; app.twin
;;! expect: site 5 = 1, 32     ;; the other app.twin
;;! expect: site 6 = 1, 64     ;; func[8]
(module
  (func $malloc (param $size i32) (result i32)
    (i32.const 16))
  (func $quotes (@name "app.say(\"hi\\there\")")
    (drop (call $malloc (i32.const 1))))
  (func $lines (@name "app.two\nlines\r\n\ttab")
    (drop (call $malloc (i32.const 2))))
  (func $markup (@name "app<script>alert('x')</script>&amp;|`--")
    (drop (call $malloc (i32.const 4))))
  (func $control (@name "app\00\07\1b[31mred\7f\u{202e}rtl\u{2028}\u{1f600}")
    (drop (call $malloc (i32.const 8))))
  (func $twin_1 (@name "app.twin")
    (drop (call $malloc (i32.const 16))))
  (func $twin_2 (@name "app.twin")
    (drop (call $malloc (i32.const 32))))
  (func (export "f")
    (call $quotes) (call $lines) (call $markup) (call $control) (call $twin_1) (call $twin_2) (call 8))
  (func
    (drop (call $malloc (i32.const 64))))
)
