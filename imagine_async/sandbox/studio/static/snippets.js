// What was filled in, as a line of curl and as Python; the key stays out of both.
const SUFFIXES = { jpeg: "jpg", png: "png" };

const inShell = (text) => `'${text.replaceAll("'", "'\\''")}'`;
// A JSON string is a Python string, too.
const inPython = (text) => JSON.stringify(text);

export function curlLine(form, parts) {
  const { path, reply } = form.dataset;
  const lines = [
    `curl -X POST ${inShell(location.origin + path)}`,
    '-H "Authorization: Bearer $IMAGINE_API_KEY"',
    ...parts.map(curlPart),
    ...(reply === "job" ? [] : [`-o picture.${SUFFIXES[reply]}`]),
  ];
  return lines.join(" \\\n  ");
}

export function pythonCode(form, parts) {
  const { method, reply } = form.dataset;
  const [result, file] = reply === "job" ? ["video", "video"] : ["image", "picture"];
  const known = parts.filter((part) => part.argument).map((part) => `${part.argument}=${pythonValue(part)}`);
  const extra = parts.filter((part) => !part.argument).map((part) => `${inPython(part.name)}: ${pythonValue(part)}`);
  const given = [...known, ...(extra.length ? [`extra={${extra.join(", ")}}`] : [])];
  const call = given.length > 1 ? `(\n${given.map((each) => `        ${each},\n`).join("")}    )` : `(${given.join("")})`;
  return [
    "from imagine_async import Imagine",
    "",
    "# The key comes from IMAGINE_API_KEY.",
    `with Imagine(base_url=${inPython(location.origin)}) as client:`,
    `    ${result} = client.${method}${call}`,
    `    ${result}.save(${inPython(file)})`,
  ].join("\n");
}

function curlPart({ name, text, file }) {
  if (!file) return `--form-string ${inShell(`${name}=${text}`)}`;
  const plain = /^[\w.-]+$/.test(file.name);
  const quoted = plain ? file.name : `"${file.name.replaceAll(/["\\]/g, "\\$&")}"`;
  return `-F ${inShell(`${name}=@${quoted}`)}`;
}

function pythonValue({ kind, text, file }) {
  if (file) return inPython(file.name);
  if (kind === "switch") return text === "1" ? "True" : "False";
  return kind === "integer" || kind === "number" ? String(Number(text)) : inPython(text);
}
