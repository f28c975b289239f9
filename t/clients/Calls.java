// The calls, made by HttpURLConnection or by java.net.http.

import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

public class Calls {
    static final String AUTHORIZATION = System.getenv("AUTHORIZATION");
    static final String APP_TOKEN = System.getenv("APP_TOKEN");

    interface Client {
        int send(String url, String type, byte[] body) throws Exception;
    }

    // Without a Content-Type it says application/x-www-form-urlencoded.

    static int connection(String url, String type, byte[] body)
        throws Exception
    {
        var connection = (HttpURLConnection) new URL(url).openConnection();
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("Authorization", AUTHORIZATION);
        if (APP_TOKEN != null) {
            connection.setRequestProperty("SO-AppToken", APP_TOKEN);
        }
        if (type.endsWith("json") || type.endsWith("xml")) {
            connection.setRequestProperty("Content-Type", type);
        }
        try (OutputStream out = connection.getOutputStream()) {
            out.write(body);
        }
        int status = connection.getResponseCode();
        var in = status < 400 ? connection.getInputStream()
            : connection.getErrorStream();
        if (in != null) {
            in.readAllBytes();
            in.close();
        }
        return status;
    }

    static final HttpClient HTTP = HttpClient.newBuilder()
        .followRedirects(HttpClient.Redirect.NORMAL).build();

    static int http(String url, String type, byte[] body) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(url))
            .header("Authorization", AUTHORIZATION)
            .POST(body.length == 0 ? HttpRequest.BodyPublishers.noBody()
                  : HttpRequest.BodyPublishers.ofByteArray(body));
        if (APP_TOKEN != null) {
            request.header("SO-AppToken", APP_TOKEN);
        }
        if (!type.equals("-")) {
            request.header("Content-Type", type);
        }
        return HTTP.send(request.build(),
                         HttpResponse.BodyHandlers.ofByteArray())
            .statusCode();
    }

    public static void main(String[] arguments) throws Exception {
        Client client = arguments[0].equals("http") ? Calls::http
            : Calls::connection;
        List<String> lines = Files.readAllLines(
            Path.of(System.getenv("CALLS")));
        String[] call = null;
        String[] moved = null;
        for (String line : lines) {
            moved = call;
            call = line.split("\t", -1);
            int status = client.send(System.getenv("BASE") + "/" + call[1],
                call[2], call[3].getBytes(StandardCharsets.UTF_8));
            System.out.println(call[0] + " " + call[2] + " " + status);
        }
        System.out.println("moved " + client.send(System.getenv("MOVED"),
            moved[2], moved[3].getBytes(StandardCharsets.UTF_8)));
    }
}
