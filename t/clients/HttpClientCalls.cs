// .NET's HttpClient: StringContent, FormUrlEncodedContent, and objects
// written by XmlMediaTypeFormatter.

extern alias Json;

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Formatting;
using System.Text;

using Json::Newtonsoft.Json;
using Oracle;

static class HttpClientCalls {
    static readonly HttpClient client = new HttpClient(
        new HttpClientHandler {
            ServerCertificateCustomValidationCallback =
                (request, certificate, chain, errors) => true
        });

    static HttpContent Content(string operation, string type, string body,
        string json)
    {
        switch (type) {
        case "-":
            return null;
        case "application/x-www-form-urlencoded":
            return new FormUrlEncodedContent(body.Split('&').Select(pair => {
                var parts = pair.Split(new[] { '=' }, 2);
                return new KeyValuePair<string, string>(
                    Uri.UnescapeDataString(parts[0].Replace('+', ' ')),
                    Uri.UnescapeDataString(parts[1].Replace('+', ' ')));
            }));
        case "application/xml":
            var of = Requests.Types[operation];
            return new ObjectContent(of, JsonConvert.DeserializeObject(json,
                of), new XmlMediaTypeFormatter());
        default:
            return new StringContent(body, Encoding.UTF8, type);
        }
    }

    static int Send(string url, HttpContent content)
    {
        var answer = client.PostAsync(url, content).Result;
        answer.Content.ReadAsByteArrayAsync().Wait();
        return (int) answer.StatusCode;
    }

    static void Main()
    {
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization",
            Environment.GetEnvironmentVariable("AUTHORIZATION"));
        var token = Environment.GetEnvironmentVariable("APP_TOKEN");
        if (!string.IsNullOrEmpty(token)) {
            client.DefaultRequestHeaders.Add("SO-AppToken", token);
        }
        var url = Environment.GetEnvironmentVariable("BASE");
        var json = "";
        foreach (var line in File.ReadAllLines(
                     Environment.GetEnvironmentVariable("CALLS")))
        {
            var call = line.Split('\t');
            json = call[2] == "application/json" ? call[3] : json;
            Console.WriteLine("{0} {1} {2}", call[0], call[2], Send(url + "/"
                + call[1], Content(call[0], call[2], call[3], json)));
        }
    }
}
