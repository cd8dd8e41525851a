// Reads the fields of a form, and says beside each what is wrong with it.
export function partsOf(form) {
  return [...form.querySelectorAll(".field")].map(part).filter(Boolean);
}

export const inputOf = (field) => field.querySelector(":scope > input, :scope > select, :scope > textarea");

// Returns the first input that is wrong; null if all may be sent.
export function complainOf(form) {
  const wrong = [...form.querySelectorAll(".field")].filter((field) => !check(field)).map(inputOf);
  wrong[0]?.closest("details")?.setAttribute("open", "");
  return wrong[0] ?? null;
}

export function complain(input, message) {
  document.getElementById(`${input.id}-error`).textContent = message;
  if (message) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

function check(field) {
  const input = inputOf(field);
  const painted = field.classList.contains("mask") && field.painter?.file();
  const message = painted ? "" : input.validationMessage;
  complain(input, message);
  return !message;
}

function part(field) {
  const { name, argument, kind } = field.dataset;
  const input = inputOf(field);
  if (input.type === "file") {
    const file = input.files[0] ?? field.painter?.file();
    return file ? { name, argument, kind, file } : null;
  }
  return input.value === "" ? null : { name, argument, kind, text: input.value };
}
