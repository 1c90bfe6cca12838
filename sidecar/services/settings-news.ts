import { type NewsParts, tellOthers } from "./news.ts";

/** Has every other sidecar put the cluster's new settings in force; it reads them by itself with its next look. */
export function announceSettings(parts: NewsParts): Promise<void> {
	return tellOthers(
		parts,
		"/settings",
		"a sidecar has the new settings a little later",
	);
}
