import { api } from "@twinloop/api";

export const spotifyTrack = api(
  { path: "/spotifyTrack" },
  async (value: SpotifyApi.TrackObjectFull): Promise<void> => void value,
);

export const spotifyPlaylist = api(
  { path: "/spotifyPlaylist" },
  async (value: SpotifyApi.SinglePlaylistResponse): Promise<void> => void value,
);
