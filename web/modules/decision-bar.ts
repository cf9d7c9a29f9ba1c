/** The decision at the review's foot: a reason, and a second press before it is made. */
import { find, maybe, say } from "./page-kit.ts";

let asked = ""; // which decision waits for its second press

export function decide(outcome: "approved" | "refused"): void {
  const form = document.querySelector<HTMLFormElement>(".decision-form");
  const reason = maybe<HTMLTextAreaElement>("reason");
  if (!form || !reason) return;
  const line = find("decision-ask");
  line.hidden = false;
  if (outcome === "refused" && !reason.value.trim()) {
    line.textContent = say("decision.need_reason");
    asked = "";
    reason.focus();
  } else if (asked === outcome) {
    form.requestSubmit(form.querySelector<HTMLButtonElement>(`[value="${outcome}"]`));
  } else {
    asked = outcome;
    line.textContent = say(`decision.ask_${outcome}`);
  }
}

export function decisions(): void {
  const form = document.querySelector<HTMLFormElement>(".decision-form");
  form?.addEventListener("submit", (event) => {
    const outcome = (event.submitter as HTMLButtonElement | null)?.value;
    if (outcome !== "approved" && outcome !== "refused") return event.preventDefault();
    if (asked === outcome) return;
    event.preventDefault();
    decide(outcome);
  });
}
