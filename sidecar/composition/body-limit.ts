import type { Settings } from "../../schemas/settings.ts";
import type { BodyLimit } from "../http/client-body.ts";

/** The bound of bodies that are read whole. */
export function jsonBodyLimit(settings: Settings): BodyLimit {
	return {
		bytes: settings.SIDECAR_JSON_BODY_LIMIT,
		setting: "SIDECAR_JSON_BODY_LIMIT",
	};
}
