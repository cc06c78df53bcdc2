#pragma once

#include <string_view>

// Messages as they come in real life, from the least to the most.
namespace weir::bench::micro {

inline constexpr std::string_view kSmallRequest =
    "GET / HTTP/1.1\r\n"
    "Host: example.org\r\n"
    "\r\n";

// A command-line client or another service.
inline constexpr std::string_view kTypicalRequest =
    "GET /api/v1/orders/8472?include=items&page=2 HTTP/1.1\r\n"
    "Host: api.example.org\r\n"
    "User-Agent: curl/8.5.0\r\n"
    "Accept: application/json\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Authorization: Bearer "
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_"
    "XgL0n3I9PlFUP0THsR8U\r\n"
    "X-Request-Id: 7b1f2c34-52a1-4a39-8a86-0d2f3f1f4f11\r\n"
    "Connection: keep-alive\r\n"
    "\r\n";

// A browser on a site that it knows well.
inline constexpr std::string_view kLargeRequest =
    "GET /shop/category/garden-furniture/?sort=price&filter%5Bcolour%5D=green&utm_source=newsletter "
    "HTTP/1.1\r\n"
    "Host: www.example.org\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: max-age=0\r\n"
    "sec-ch-ua: \"Not A(Brand\";v=\"99\", \"Google Chrome\";v=\"121\", \"Chromium\";v=\"121\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Windows\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/121.0.0.0 Safari/537.36\r\n"
    "Accept: "
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,"
    "application/signed-exchange;v=b3;q=0.7\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Sec-Fetch-User: ?1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Referer: https://www.example.org/shop/category/garden/?utm_source=newsletter&utm_campaign=spring\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    "Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7,fr;q=0.6\r\n"
    "If-None-Match: W/\"5f3c-18d4a9c2b40\"\r\n"
    "Cookie: _ga=GA1.2.1038765432.1706543210; _gid=GA1.2.987654321.1706543210; "
    "session=s%3AkX2dS8mYbQ0pLw7Zr4Tn6Vh1Jc3Fg5Ae.yH9uK2oI4pM6nB8vC1xZ3qW5eR7tY9uI; "
    "consent=analytics%3Atrue%2Cmarketing%3Afalse%2Cpreferences%3Atrue; "
    "cart=eyJpdGVtcyI6W3sic2t1IjoiR0YtMTAyIiwicXR5IjoxfSx7InNrdSI6IkdGLTIwNCIsInF0eSI6Mn1dfQ%3D%3D; "
    "AWSALB="
    "Zx7kQ1mN4vB8cR2tY6uI0oP3aS5dF9gH7jK1lZ4xC8vB2nM6qW0eR3tY5uI9oP7aS1dF4gH8jK2lZ6xC0vB3nM5qW9eR7tY\r\n"
    "\r\n";

inline constexpr std::string_view kSmallResponse =
    "HTTP/1.1 200 OK\r\n"
    "Content-Length: 0\r\n"
    "\r\n";

inline constexpr std::string_view kTypicalResponse =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.24.0\r\n"
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Content-Type: application/json; charset=utf-8\r\n"
    "Content-Length: 0\r\n"
    "Cache-Control: no-store\r\n"
    "ETag: \"5f3c-18d4a9c2b40\"\r\n"
    "Vary: Accept-Encoding\r\n"
    "Set-Cookie: session=kX2dS8mYbQ0pLw7Zr4Tn6Vh1Jc3Fg5Ae; Path=/; Secure; HttpOnly; SameSite=Lax\r\n"
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "\r\n";

}  // namespace weir::bench::micro
