// A mask that is painted over the chosen picture, with the pointer, or as boxes with the keyboard.
export function startPainter(field, imageInput, onChange) {
  const painter = document.getElementById("painter").content.cloneNode(true).querySelector(".painter");
  const find = (part) => painter.querySelector(part);
  const [image, canvas] = [find("img"), find("canvas")];
  const pen = canvas.getContext("2d");
  let mask = null, drawing = false, latest = 0;

  async function takePicture() {
    const [file] = imageInput.files;
    painter.hidden = !file;
    if (!file) { await changed(false); return; }
    URL.revokeObjectURL(image.src);
    image.src = URL.createObjectURL(file);
    const readable = await image.decode().then(() => true, () => false);
    painter.hidden = !readable;
    [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    await changed(false);
  }

  // White where something is painted, black elsewhere, in the size of the picture.
  async function changed(isPainted = true) {
    const turn = ++latest;
    const file = isPainted ? new File([await coded()], "mask.png", { type: "image/png" }) : null;
    if (turn !== latest) return;
    mask = file;
    find(".painted").textContent = mask ? "The painted mask will be sent, unless a file is chosen." : "Nothing is painted yet.";
    onChange();
  }

  function coded() {
    const sheet = new OffscreenCanvas(canvas.width, canvas.height);
    const brush = sheet.getContext("2d");
    brush.drawImage(canvas, 0, 0);
    brush.globalCompositeOperation = "source-in";
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, sheet.width, sheet.height);
    brush.globalCompositeOperation = "destination-over";
    brush.fillStyle = "#000";
    brush.fillRect(0, 0, sheet.width, sheet.height);
    return sheet.convertToBlob({ type: "image/png" });
  }

  function stroke(event) {
    const frame = canvas.getBoundingClientRect();
    const scale = canvas.width / frame.width;
    const place = [(event.clientX - frame.left) * scale, (event.clientY - frame.top) * scale];
    pen.lineWidth = (find(".brush").value / 100) * Math.min(canvas.width, canvas.height);
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = pen.fillStyle = "#e0457b";
    if (!drawing) { pen.beginPath(); pen.moveTo(...place); }
    // A little aside, because a line without length is not drawn, and a mere tap should leave a dot.
    pen.lineTo(place[0] + 0.1, place[1]);
    pen.stroke();
  }

  function addBox() {
    const [left, top, width, height] = ["left", "top", "width", "height"].map((side) => find(`.${side}`).value / 100);
    pen.fillStyle = "#e0457b";
    pen.fillRect(left * canvas.width, top * canvas.height, width * canvas.width, height * canvas.height);
    changed();
  }

  function clear() {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    changed(false);
  }

  function save() {
    if (!mask) return;
    const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(mask), download: mask.name });
    link.click();
    URL.revokeObjectURL(link.href);
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    stroke(event);
    drawing = true;
  });
  canvas.addEventListener("pointermove", (event) => { if (drawing) stroke(event); });
  const stop = () => { if (drawing) changed(); drawing = false; };
  canvas.addEventListener("pointerup", stop);
  canvas.addEventListener("pointercancel", stop);
  find(".add").addEventListener("click", addBox);
  find(".clear").addEventListener("click", clear);
  find(".save").addEventListener("click", save);
  imageInput.addEventListener("change", takePicture);
  painter.hidden = true;
  field.append(painter);
  field.painter = { file: () => mask };
}
