import { randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { lock } from "./lock.ts";
import { makeSharedFolder } from "./service-user.ts";

/** Whether the entry is there. */
export async function cached(path: string): Promise<boolean> {
	return await stat(path).then(
		() => true,
		() => false,
	);
}

/** Lets every user read what is below, whatever the umask: OpenSearch may run as another user than the maker. */
async function share(path: string): Promise<void> {
	const { mode } = await stat(path);
	const isFolder = (mode & 0o170000) === 0o040000;
	await chmod(path, mode | (isFolder ? 0o555 : 0o444));
	if (!isFolder) return;
	for (const name of await readdir(path)) await share(join(path, name));
}

/**
 * A file or folder of the cache, made once. `make` gets an empty temporary folder and answers the path in it that
 * becomes the entry, by a rename: a half-made entry is never seen, and two makers of one entry wait for each other.
 * @returns the entry's path
 */
export async function cacheEntry(
	path: string,
	make: (temporary: string) => Promise<string>,
	waiting?: () => void,
): Promise<string> {
	if (await cached(path)) return path;
	await makeSharedFolder(dirname(path));
	const release = await lock(path, waiting);
	try {
		if (await cached(path)) return path;
		for (const name of await readdir(dirname(path))) {
			const leftover = join(dirname(path), name);
			if (leftover.startsWith(`${path}.tmp-`)) {
				await rm(leftover, { recursive: true, force: true });
			}
		}
		const temporary = `${path}.tmp-${randomBytes(6).toString("hex")}`;
		await mkdir(temporary);
		try {
			const made = await make(temporary);
			await share(made);
			await rename(made, path);
		} finally {
			await rm(temporary, { recursive: true, force: true });
		}
		return path;
	} finally {
		await release();
	}
}
