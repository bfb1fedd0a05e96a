// PHP by emscripten, suspended by Asyncify.
import { loadPHPRuntime, PHP } from "@php-wasm/universal";
import { packageFile } from "./packages.mjs";

export const file = packageFile("@php-wasm/node-8-4/asyncify/8_4_25/php_8_4.wasm");
// 7 + 14 + … + 294 = 7 · 42 · 43 / 2.
export const shows = ['"topic 0":6321', "Division by zero", "The Quick Brown Fox"];
export const regexes = ["^(zend_|_e?malloc)", "^(php_|spl_|xml)"];

const PROGRAM = `<?php
final class Note { public function __construct(public readonly int $id, public string $topic) {} }
$notes = array_map(fn($i) => new Note($i, "topic " . $i % 7), range(1, 300));
$byTopic = [];
foreach ($notes as $note) { $byTopic[$note->topic][] = $note->id; }
function squares() { for ($i = 0; $i < 20; $i++) { yield $i => $i * $i; } }
try { intdiv(1, 0); } catch (DivisionByZeroError $error) { $caught = $error->getMessage(); }
$document = new DOMDocument();
$document->loadXML("<notes><note id='1'>first</note><note id='2'>second</note></notes>");
$db = new PDO("sqlite::memory:");
$db->exec("CREATE TABLE note (id INTEGER, topic TEXT)");
$insert = $db->prepare("INSERT INTO note VALUES (?, ?)");
foreach ($notes as $note) { $insert->execute([$note->id, $note->topic]); }
echo json_encode([
  array_map("array_sum", $byTopic), iterator_to_array(squares()), $caught,
  preg_replace_callback('/\\b(\\w)/', fn($m) => strtoupper($m[1]), "the quick brown fox"),
  $document->getElementsByTagName("note")->item(1)->textContent,
  $db->query("SELECT topic, count(*) FROM note GROUP BY topic")->fetchAll(PDO::FETCH_NUM),
  hash("sha256", str_repeat("x", 1000)), sprintf("%05.2f", M_PI), unserialize(serialize([1, "two"])),
]);
`;

export async function run() {
  const loader = await import("../node_modules/@php-wasm/node-8-4/asyncify/php_8_4.js");
  const php = new PHP(await loadPHPRuntime(loader));
  const { text, errors, exitCode } = await php
    .runStream({ code: PROGRAM })
    .then(async (response) => ({
      text: await response.stdoutText,
      errors: await response.stderrText,
      exitCode: await response.exitCode,
    }));
  return { text, errors, exitCode };
}
