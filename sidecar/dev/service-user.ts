import { access, chmod, chown, constants, mkdir, stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { SidecarError } from "../errors.ts";

/** The user that OpenSearch runs as when this process is root. */
export interface ServiceUser {
	uid: number;
	gid: number;
}

/** `nobody` on every Linux; it owns nothing else, so that OpenSearch can harm nothing else. */
const nobody: ServiceUser = { uid: 65_534, gid: 65_534 };

/** The user to run OpenSearch as: OpenSearch refuses root, everyone else runs it themselves (undefined). */
export function serviceUser(
	uid: number | undefined = process.getuid?.(),
): ServiceUser | undefined {
	return uid === 0 ? nobody : undefined;
}

/** Makes a folder that `user` may write to; without a user it is the caller's own. */
export async function makeFolderFor(
	folder: string,
	user: ServiceUser | undefined,
): Promise<void> {
	await mkdir(folder, { recursive: true });
	if (user !== undefined) {
		await chown(folder, user.uid, user.gid);
		await chmod(folder, 0o755);
	}
}

/** Makes a folder of ours enterable for `user`; what is in it stays as closed as it is. */
export async function letEnter(
	folder: string,
	user: ServiceUser | undefined,
): Promise<void> {
	await mkdir(folder, { recursive: true });
	if (user === undefined) return;
	const { mode } = await stat(folder);
	await chmod(folder, mode | 0o011);
}

/** Makes a folder below which every user may read, whatever the umask. */
export async function makeSharedFolder(folder: string): Promise<void> {
	const first = await mkdir(folder, { recursive: true });
	if (first === undefined) return;
	for (let made = folder; made.length >= first.length; made = dirname(made)) {
		await chmod(made, 0o755);
	}
}

/**
 * Fails if `user` cannot reach `path`: a folder on the way is closed to others.
 * @throws SidecarError `bad_state` naming the closed folder.
 */
export async function requireReachable(
	path: string,
	user: ServiceUser | undefined,
): Promise<void> {
	if (user === undefined) {
		await access(path, constants.R_OK);
		return;
	}
	for (
		let folder = resolve(path);
		folder !== dirname(folder);
		folder = dirname(folder)
	) {
		const { mode, uid, gid } = await stat(folder);
		const searchable =
			uid === user.uid
				? mode & 0o100
				: gid === user.gid
					? mode & 0o010
					: mode & 0o001;
		const plainFile =
			folder === resolve(path) && (mode & 0o170000) === 0o100000;
		if (searchable === 0 && !plainFile) {
			throw new SidecarError(
				"bad_state",
				`OpenSearch cannot run as root, and as user ${user.uid} it cannot enter ${folder}. ` +
					"Set SIDECAR_DEV_CACHE and SIDECAR_DEV_DATA to folders that every user can reach.",
			);
		}
	}
}
