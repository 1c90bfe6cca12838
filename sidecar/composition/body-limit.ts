import type { BodyLimit } from "../http/client-body.ts";
import type { Foundation } from "./foundation.ts";

/** The bound of bodies that are read whole. */
export function jsonBodyLimit({ settings, bodies }: Foundation): BodyLimit {
	return {
		bytes: settings.SIDECAR_JSON_BODY_LIMIT,
		setting: "SIDECAR_JSON_BODY_LIMIT",
		budget: bodies,
	};
}

/** The bound of documents that are written one by one. */
export function documentLimit({ settings, bodies }: Foundation): BodyLimit {
	return {
		bytes: settings.SIDECAR_BULK_LINE_LIMIT,
		setting: "SIDECAR_BULK_LINE_LIMIT",
		budget: bodies,
	};
}
