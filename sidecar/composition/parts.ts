import type { Foundation } from "./foundation.ts";
import type { Inference } from "./inference.ts";
import type { Models } from "./models.ts";
import type { Registrations } from "./registrations.ts";

/** Every part of a sidecar that routes stand on. */
export interface Parts {
	foundation: Foundation;
	models: Models;
	registrations: Registrations;
	inference: Inference;
}
