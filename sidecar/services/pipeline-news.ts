import { type NewsParts, tellOthers } from "./news.ts";

/** Has every other sidecar forget which pipelines there are; what it knows becomes old by itself. */
export function announcePipelines(parts: NewsParts): Promise<void> {
	return tellOthers(
		parts,
		"/pipelines",
		"a sidecar notices a changed pipeline a little later",
	);
}
